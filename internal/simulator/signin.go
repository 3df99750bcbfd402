package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The resources that a scope can name, and the one whose roles count. National
// clouds have names of their own for the same service.
var resources = map[string]string{
	GraphResource:                             GraphResource,
	"https://graph.microsoft.us":              GraphResource,
	"https://dod-graph.microsoft.us":          GraphResource,
	"https://microsoftgraph.chinacloudapi.cn": GraphResource,
	"00000003-0000-0000-c000-000000000000":    GraphResource,
	EWSResource:                               EWSResource,
	"https://outlook.office.com":              EWSResource,
	"https://outlook.office365.us":            EWSResource,
	"https://webmail.apps.mil":                EWSResource,
	"https://partner.outlook.cn":              EWSResource,
	"00000002-0000-0ff1-ce00-000000000000":    EWSResource,
}

// entraError is an error as the token endpoint answers it (Microsoft Entra
// authentication and authorization error codes).
type entraError struct {
	status int
	name   string // of RFC 6749, section 5.2
	code   int
	text   string
}

func (e *entraError) Error() string { return fmt.Sprintf("AADSTS%d: %s", e.code, e.text) }

func (s *Server) writeEntraError(w http.ResponseWriter, e *entraError) {
	now := s.tenant.Now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := requestID(), requestID()
	w.Header().Set("x-ms-request-id", trace)
	writeSignIn(w, e.status, map[string]any{
		"error":             e.name,
		"error_description": fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", e, trace, correlation, now),
		"error_codes":       []int{e.code},
		"timestamp":         now,
		"trace_id":          trace,
		"correlation_id":    correlation,
		"error_uri":         "https://login.microsoftonline.com/error?code=" + strconv.Itoa(e.code),
	})
}

func writeSignIn(w http.ResponseWriter, status int, body map[string]any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// SignInThrottled answers a token request as Entra does for a tenant that asks
// too often.
func SignInThrottled(retryAfter string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", retryAfter)
		writeSignIn(w, http.StatusTooManyRequests, map[string]any{
			"error":             "temporarily_unavailable",
			"error_description": "AADSTS90055: There are too many incoming requests for this tenant. Trace ID: " + requestID(),
			"error_codes":       []int{90055},
		})
	}
}

// known says whether a name is the tenant's: its id or the domain of a mailbox.
func (t *Tenant) known(name string) bool {
	if strings.EqualFold(name, t.ID) {
		return true
	}
	for _, m := range t.mailboxes {
		if _, domain, _ := strings.Cut(m.Mail, "@"); strings.EqualFold(domain, name) {
			return true
		}
	}
	return false
}

// tenantError says what is wrong with the tenant in the path; nil: nothing.
func (s *Server) tenantError(r *http.Request, name string) *entraError {
	tenant := r.PathValue("tenant")
	ok := false
	s.tenant.view(func() { ok = s.tenant.known(tenant) })
	if ok {
		return nil
	}
	if !strings.Contains(tenant, ".") && len(tenant) != 36 {
		return &entraError{400, "invalid_request", 900023,
			fmt.Sprintf("Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", tenant)}
	}
	return &entraError{400, name, 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct "+
		"tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen "+
		"if there are no active subscriptions for the tenant.", tenant)}
}

// serveDiscovery answers OpenID Connect Discovery 1.0.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	if err := s.tenantError(r, "invalid_tenant"); err != nil {
		s.writeEntraError(w, err)
		return
	}
	tenant := s.base + "/" + r.PathValue("tenant")
	writeSignIn(w, http.StatusOK, map[string]any{
		"token_endpoint":                        tenant + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              tenant + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                s.base + "/" + s.tenant.ID + "/v2.0",
		"authorization_endpoint":                tenant + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         tenant + "/oauth2/v2.0/devicecode",
		"end_session_endpoint":                  tenant + "/oauth2/v2.0/logout",
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
		"msgraph_host":                          "graph.microsoft.com",
	})
}

// serveToken answers the client credentials grant (RFC 6749, section 4.4).
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := s.tenantError(r, "invalid_request"); err != nil {
		s.writeEntraError(w, err)
		return
	}
	var (
		token    string
		lifetime time.Duration
		failed   *entraError
		err      error
	)
	parseErr := r.ParseForm()
	s.tenant.view(func() {
		grant, e := s.grant(r, parseErr)
		if failed = e; failed == nil {
			token, lifetime, err = s.issue(grant.app, grant.resource, grant.auth)
		}
	})
	switch {
	case failed != nil:
		s.writeEntraError(w, failed)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		seconds := int(lifetime / time.Second)
		writeSignIn(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
		})
	}
}

// grant is what a token request has a right to.
type grant struct {
	app      *App
	resource string
	auth     string // 1: by secret, 2: by certificate
}

// grant checks a token request.
func (s *Server) grant(r *http.Request, parseErr error) (g grant, _ *entraError) {
	form := r.PostForm
	if parseErr != nil || form.Get("grant_type") == "" {
		return g, &entraError{400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'."}
	}
	if form.Get("grant_type") != "client_credentials" {
		return g, &entraError{400, "unsupported_grant_type", 70003, fmt.Sprintf("The app requested an unsupported grant type '%s'.", form.Get("grant_type"))}
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
	}
	if id == "" {
		return g, &entraError{400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'."}
	}
	if g.app = s.tenant.app(id); g.app == nil {
		return g, &entraError{400, "unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in "+
			"the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or "+
			"consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, s.tenant.ID)}
	}
	var err *entraError
	if g.auth, err = s.authenticate(g.app, secret, form.Get("client_assertion"), r); err != nil {
		return g, err
	}
	g.resource, err = resourceOf(form.Get("scope"))
	return g, err
}

// authenticate checks the app's secret or assertion.
func (s *Server) authenticate(app *App, secret, assertion string, r *http.Request) (auth string, _ *entraError) {
	if assertion != "" {
		return "2", s.checkAssertion(app, assertion, r.PathValue("tenant"))
	}
	switch {
	case secret == "":
		return "", &entraError{401, "invalid_client", 7000216,
			"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
	case secret != app.Secret:
		return "", &entraError{401, "invalid_client", 7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being "+
			"sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app.ClientID)}
	case app.Expired:
		return "", &entraError{401, "invalid_client", 7000222, fmt.Sprintf("The provided client secret keys for app '%s' are expired. "+
			"Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate "+
			"credentials for added security: https://aka.ms/certCreds.", app.ClientID)}
	}
	return "1", nil
}

// resourceOf returns the resource that a scope names. The scopes of OpenID
// Connect, which libraries add, mean nothing here.
func resourceOf(scope string) (string, *entraError) {
	var wanted []string
	for _, s := range strings.Fields(scope) {
		switch s {
		case "openid", "profile", "email", "offline_access":
		default:
			wanted = append(wanted, s)
		}
	}
	if len(wanted) != 1 {
		return "", &entraError{400, "invalid_scope", 70011, fmt.Sprintf("The provided request must include a 'scope' input parameter. "+
			"The provided value for the input parameter 'scope' is not valid. The scope '%s' is not valid.", scope)}
	}
	name, ok := strings.CutSuffix(wanted[0], "/.default")
	if !ok {
		return "", &entraError{400, "invalid_scope", 1002012, fmt.Sprintf("The provided value for scope %s is not valid. Client credential "+
			"flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", wanted[0])}
	}
	resource, ok := resources[strings.TrimSuffix(strings.ToLower(name), "/")]
	if !ok {
		return "", &entraError{400, "invalid_resource", 500011, fmt.Sprintf("The resource principal named %s was not found in the tenant. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any "+
			"user in the tenant.", name)}
	}
	return resource, nil
}
