package simulator

import "strings"

// The field URIs that the schema knows for folders, items and contacts, by the
// part after the colon. The other prefixes are of things that nobody asks of
// contacts, and are not checked.
var ewsFields = map[string]map[string]bool{
	"folder": words(`FolderId ParentFolderId DisplayName UnreadCount TotalCount ChildFolderCount FolderClass SearchParameters
		ManagedFolderInformation PermissionSet EffectiveRights SharingEffectiveRights DistinguishedFolderId PolicyTag ArchiveTag
		ReplicaList`),
	"item": words(`ItemId ParentFolderId ItemClass MimeContent Attachments Subject DateTimeReceived Size Categories
		HasAttachments Importance InReplyTo InternetMessageHeaders IsAssociated IsDraft IsFromMe IsResend IsSubmitted
		IsUnmodified DateTimeSent DateTimeCreated Body ResponseObjects Sensitivity ReminderDueBy ReminderIsSet ReminderNextTime
		ReminderMinutesBeforeStart DisplayTo DisplayCc DisplayBcc Culture EffectiveRights LastModifiedName LastModifiedTime
		ConversationId UniqueBody Flag StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag
		RetentionDate Preview PredictedActionReasons IsClutter RightsManagementLicenseData BlockStatus HasBlockedImages
		WebClientReadFormQueryString WebClientEditFormQueryString TextBody IconIndex MimeContentUTF8 Mentions MentionedMe
		MentionsPreview MentionsEx Hashtags AppliedHashtags AppliedHashtagsPreview Likes LikesPreview
		PendingSocialActivityTagIds AtAllMention CanDelete InferenceClassification FirstBody`),
	"contacts": words(`Alias AssistantName Birthday BusinessHomePage Children Companies CompanyName CompleteName ContactSource
		Culture Department DisplayName DirectoryId DirectReports EmailAddresses FileAs FileAsMapping Generation GivenName
		ImAddresses Initials JobTitle Manager ManagerMailbox MiddleName Mileage MSExchangeCertificate Nickname Notes
		OfficeLocation PhoneNumbers PhoneticFullName PhoneticFirstName PhoneticLastName Photo PhysicalAddresses
		PostalAddressIndex Profession SpouseName Surname WeddingAnniversary UserSMIMECertificate HasPicture AccountName
		IsAutoUpdateDisabled Comment ContactShortId ContactType CreatedBy Gender IsHidden ObjectId PassportId IsPrivate SourceId
		TrustLevel Urls Cid PersonId`),
	"distributionlist": words("Members"),
}

// knownField says whether the schema knows a field URI.
func knownField(uri string) bool {
	prefix, name, ok := strings.Cut(uri, ":")
	if !ok {
		return false
	}
	if names := ewsFields[prefix]; names != nil {
		return names[name]
	}
	return words("message calendar task meeting meetingRequest conversation person persona postitem abchperson network rolemember")[prefix]
}
