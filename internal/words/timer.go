package words

// Why no run begins by itself, and what to do about it. All have units of
// systemd's.
const (
	NoTimer       = "there is no %s on this machine"
	InstallAgain  = "install the package again: sudo apt reinstall ucware-contactsync"
	TimerStopped  = "%s is not active, so no run begins by itself"
	StartTimer    = "start it, now and with the machine: sudo systemctl enable --now contactsync.timer"
	TimerMasked   = "%s is masked, so no run begins by itself"
	UnmaskTimer   = "undo that and start it: sudo systemctl unmask %[1]s && sudo systemctl enable --now %[1]s"
	ServiceMasked = "%s is masked, so its timer starts nothing"
	UnmaskService = "undo that: sudo systemctl unmask %s"
	// UnitUnusable has a word of systemd's too, such as bad-setting.
	UnitUnusable = "systemd cannot use %[1]s as it stands (%[2]s)"
	VerifyUnit   = "this says why: systemd-analyze verify %[1]s; this takes back what was changed in it: sudo systemctl revert %[1]s && sudo systemctl restart contactsync.timer"
	// LeftNoRecord has an exit status and how long ago that was.
	LeftNoRecord = "contactsync.service failed with exit status %[1]d %[2]s, before it could record that"
	SeeJournal   = "this says why: sudo journalctl -u contactsync -n 50"
)
