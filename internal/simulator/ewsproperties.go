package simulator

import (
	"strconv"
	"strings"
)

// The properties of items in the order of the schema's types ItemType,
// ContactItemType and DistributionListType.

var contactProperties = append(itemProperties[:len(itemProperties):len(itemProperties)],
	textProperty("contacts:FileAs", "t:FileAs", inDefault, func(it *Item) string { return it.DisplayName }),
	fixedProperty("contacts:FileAsMapping", inAll, "<t:FileAsMapping>None</t:FileAsMapping>"),
	textProperty("contacts:DisplayName", "t:DisplayName", inDefault, func(it *Item) string { return it.DisplayName }),
	textProperty("contacts:GivenName", "t:GivenName", inDefault, func(it *Item) string { return it.GivenName }),
	textProperty("contacts:MiddleName", "t:MiddleName", inAll, func(it *Item) string { return it.MiddleName }),
	itemProperty{"contacts:CompleteName", inAll, (*itemWriter).completeName},
	textProperty("contacts:CompanyName", "t:CompanyName", inDefault, func(it *Item) string { return it.Company }),
	itemProperty{"contacts:EmailAddresses", inDefault, (*itemWriter).emails},
	itemProperty{"contacts:PhysicalAddresses", inDefault, (*itemWriter).addresses},
	itemProperty{"contacts:PhoneNumbers", inDefault, (*itemWriter).phones},
	itemProperty{"contacts:Birthday", inAll, func(w *itemWriter, it *Item) {
		if !it.Birthday.IsZero() {
			w.element("t:Birthday", birthday(it.Birthday))
		}
	}},
	fixedProperty("contacts:ContactSource", inAll, "<t:ContactSource>Store</t:ContactSource>"),
	textProperty("contacts:Department", "t:Department", inAll, func(it *Item) string { return it.Department }),
	textProperty("contacts:JobTitle", "t:JobTitle", inDefault, func(it *Item) string { return it.JobTitle }),
	textProperty("contacts:Surname", "t:Surname", inDefault, func(it *Item) string { return it.Surname }),
	fixedProperty("contacts:HasPicture", inAll, "<t:HasPicture>false</t:HasPicture>"),
)

var listProperties = append(itemProperties[:len(itemProperties):len(itemProperties)],
	textProperty("contacts:DisplayName", "t:DisplayName", inDefault, func(it *Item) string { return it.DisplayName }),
	textProperty("contacts:FileAs", "t:FileAs", inDefault, func(it *Item) string { return it.DisplayName }),
	fixedProperty("contacts:ContactSource", inAll, "<t:ContactSource>Store</t:ContactSource>"),
	itemProperty{"distributionlist:Members", inGet, func(w *itemWriter, it *Item) {
		w.WriteString(`<t:Members><t:Member Key="` + it.EWSID() + `"><t:Mailbox><t:Name>Ada</t:Name>` +
			`<t:EmailAddress>ada@example.com</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType><t:MailboxType>OneOff</t:MailboxType>` +
			`</t:Mailbox><t:Status>Normal</t:Status></t:Member></t:Members>`)
	}},
)

var itemProperties = []itemProperty{
	{"item:ItemId", always, func(w *itemWriter, it *Item) {
		w.WriteString(`<t:ItemId Id="` + it.EWSID() + `" ChangeKey="` + it.ChangeKey() + `"/>`)
	}},
	{"item:ParentFolderId", inAll, func(w *itemWriter, it *Item) {
		w.WriteString(`<t:ParentFolderId Id="` + it.folder.EWSID() + `" ChangeKey="` + it.folder.ChangeKey() + `"/>`)
	}},
	{"item:ItemClass", inAll, func(w *itemWriter, it *Item) { w.element("t:ItemClass", it.class()) }},
	textProperty("item:Subject", "t:Subject", inAll, func(it *Item) string { return it.DisplayName }),
	fixedProperty("item:Sensitivity", inAll, "<t:Sensitivity>Normal</t:Sensitivity>"),
	{"item:Body", inGet, func(w *itemWriter, it *Item) { w.body("t:Body", it.Notes, w.shape.html) }},
	{"item:DateTimeReceived", inAll, func(w *itemWriter, it *Item) { w.element("t:DateTimeReceived", stamp(it.Created)) }},
	{"item:Size", inAll, func(w *itemWriter, it *Item) { w.element("t:Size", strconv.Itoa(1200+len(it.Notes))) }},
	{"item:Categories", inAll, func(w *itemWriter, it *Item) {
		if len(it.Categories) == 0 {
			return
		}
		w.WriteString("<t:Categories>")
		for _, c := range it.Categories {
			w.element("t:String", w.limit(c))
		}
		w.WriteString("</t:Categories>")
	}},
	fixedProperty("item:Importance", inAll, "<t:Importance>Normal</t:Importance>"),
	fixedProperty("item:IsSubmitted", inAll, "<t:IsSubmitted>false</t:IsSubmitted>"),
	fixedProperty("item:IsDraft", inAll, "<t:IsDraft>false</t:IsDraft>"),
	fixedProperty("item:IsFromMe", inAll, "<t:IsFromMe>false</t:IsFromMe>"),
	fixedProperty("item:IsResend", inAll, "<t:IsResend>false</t:IsResend>"),
	fixedProperty("item:IsUnmodified", inAll, "<t:IsUnmodified>false</t:IsUnmodified>"),
	{"item:DateTimeSent", inAll, func(w *itemWriter, it *Item) { w.element("t:DateTimeSent", stamp(it.Created)) }},
	{"item:DateTimeCreated", inAll, func(w *itemWriter, it *Item) { w.element("t:DateTimeCreated", stamp(it.Created)) }},
	fixedProperty("item:ReminderIsSet", inAll, "<t:ReminderIsSet>false</t:ReminderIsSet>"),
	fixedProperty("item:HasAttachments", inDefault, "<t:HasAttachments>false</t:HasAttachments>"),
	{"", always, (*itemWriter).extended},
	fixedProperty("item:Culture", inAll, "<t:Culture>en-US</t:Culture>"),
	fixedProperty("item:EffectiveRights", inAll, effectiveRights),
	textProperty("item:LastModifiedName", "t:LastModifiedName", inAll, func(it *Item) string { return it.folder.mailbox.DisplayName }),
	{"item:LastModifiedTime", inAll, func(w *itemWriter, it *Item) { w.element("t:LastModifiedTime", stamp(it.Modified)) }},
	fixedProperty("item:IsAssociated", inAll, "<t:IsAssociated>false</t:IsAssociated>"),
	{"item:TextBody", 0, func(w *itemWriter, it *Item) { w.body("t:TextBody", it.Notes, false) }},
}

const effectiveRights = "<t:EffectiveRights><t:CreateAssociated>false</t:CreateAssociated><t:CreateContents>false</t:CreateContents>" +
	"<t:CreateHierarchy>false</t:CreateHierarchy><t:Delete>true</t:Delete><t:Modify>true</t:Modify><t:Read>true</t:Read>" +
	"<t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>"

func textProperty(uri, name string, in shapes, get func(*Item) string) itemProperty {
	return itemProperty{uri, in, func(w *itemWriter, it *Item) { w.text(name, get(it)) }}
}

func fixedProperty(uri string, in shapes, xml string) itemProperty {
	return itemProperty{uri, in, func(w *itemWriter, _ *Item) { w.WriteString(xml) }}
}

func (it *Item) class() string {
	if it.List {
		return "IPM.DistList"
	}
	return "IPM.Contact"
}

func (w *itemWriter) completeName(it *Item) {
	if it.GivenName+it.MiddleName+it.Surname+it.DisplayName == "" {
		return
	}
	w.WriteString("<t:CompleteName>")
	w.text("t:FirstName", it.GivenName)
	w.text("t:MiddleName", it.MiddleName)
	w.text("t:LastName", it.Surname)
	w.text("t:FullName", it.DisplayName)
	w.WriteString("</t:CompleteName>")
}

// extended writes the MAPI properties that were asked for by tag and are set.
func (w *itemWriter) extended(it *Item) {
	for _, p := range w.shape.extended {
		tag, ok := propertyTag(p)
		get := mapiProperties[tag]
		if !ok || get == nil || p.attr("PropertyType") != "String" || tag == 0x1000 && w.shape.table {
			continue
		}
		if v := get(it); v != "" {
			w.extendedProperty(tag, "String", w.limit(v))
		}
	}
}

// extendedProperty writes one MAPI property. The tag comes back in lower case.
func (w *xmlWriter) extendedProperty(tag uint16, kind, value string) {
	w.WriteString(`<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x` + strconv.FormatUint(uint64(tag), 16) +
		`" PropertyType="` + kind + `"/>`)
	w.element("t:Value", value)
	w.WriteString("</t:ExtendedProperty>")
}

// propertyTag reads the tag of an ExtendedFieldURI, decimal or with 0x.
func propertyTag(p *element) (uint16, bool) {
	n, err := strconv.ParseUint(strings.ToLower(p.attr("PropertyTag")), 0, 16)
	return uint16(n), err == nil
}

// mapiProperties are the string properties of contacts by tag, MS-OXPROPS.
var mapiProperties = map[uint16]func(*Item) string{
	0x001A: (*Item).class,
	0x1000: func(it *Item) string { return it.Notes },
	0x3001: func(it *Item) string { return it.DisplayName },
	0x3A06: func(it *Item) string { return it.GivenName },
	0x3A11: func(it *Item) string { return it.Surname },
	0x3A16: func(it *Item) string { return it.Company },
	0x3A17: func(it *Item) string { return it.JobTitle },
	0x3A18: func(it *Item) string { return it.Department },
	0x3A02: phone("Callback"), 0x3A08: phone("BusinessPhone"), 0x3A09: phone("HomePhone"),
	0x3A1A: phone("PrimaryPhone"), 0x3A1B: phone("BusinessPhone2"), 0x3A1C: phone("MobilePhone"),
	0x3A1D: phone("RadioPhone"), 0x3A1E: phone("CarPhone"), 0x3A1F: phone("OtherTelephone"),
	0x3A21: phone("Pager"), 0x3A23: phone("OtherFax"), 0x3A24: phone("BusinessFax"), 0x3A25: phone("HomeFax"),
	0x3A2C: phone("Telex"), 0x3A2D: phone("Isdn"), 0x3A2E: phone("AssistantPhone"), 0x3A2F: phone("HomePhone2"),
	0x3A4B: phone("TtyTddPhone"), 0x3A57: phone("CompanyMainPhone"),
}

func phone(key string) func(*Item) string {
	return func(it *Item) string { return it.Phones[key] }
}
