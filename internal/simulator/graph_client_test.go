package simulator

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Microsoft's own client is the judge. It is no dependency: who has installed
// it names the folder of the modules in NODE_PATH.
func TestMicrosoftsOwnClient(t *testing.T) {
	modules := os.Getenv("NODE_PATH")
	if _, err := os.Stat(filepath.Join(modules, "@microsoft/microsoft-graph-client")); modules == "" || err != nil {
		t.Skip("NODE_PATH names no folder with the module @microsoft/microsoft-graph-client")
	}
	tenant := Generate(5, 3, 49)
	s, err := Start(tenant, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := s.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	app, m := tenant.Apps()[0], tenant.Mailboxes()[0]
	what, _ := json.Marshal(map[string]string{
		"authority": s.Authority(), "graph": s.GraphURL(), "tenant": tenant.ID,
		"client": app.ClientID, "secret": app.Secret, "mailbox": m.ObjectID, "mail": m.Mail,
	})
	cmd := exec.Command("node", "testdata/graph_client.js")
	cmd.Env = append(os.Environ(), "TENANT="+string(what), "NODE_EXTRA_CA_CERTS="+ca)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	const want = "list 49 49\ndelta 49 true\nagain 0 true\nfound 1 true\nbatch 200 200 404 3\nerror 404 ErrorInvalidUser true\n"
	if err != nil || string(out) != want {
		t.Errorf("%v, answers\n%swant\n%s", err, out, want)
	}
}
