package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// request is one that the simulator recorded (see its control.go).
type request struct {
	Method, URL, Prefer, Body string
	Status                    int
	Sent, Bytes               int64
}

// tell gives the simulator a command and returns the number that it answers.
func (s *stage) tell(format string, args ...any) (n int, err error) {
	if _, err := fmt.Fprintf(s.commands, format+"\n", args...); err != nil {
		return 0, err
	}
	if !s.answers.Scan() {
		return 0, errors.Join(errors.New("the simulator does not answer"), s.answers.Err())
	}
	if _, err := fmt.Sscanf(s.answers.Text(), "ok %d", &n); err != nil {
		return 0, fmt.Errorf("the simulator says %q", s.answers.Text())
	}
	return n, nil
}

// change changes so many of each thousand contacts and returns how many.
func (s *stage) change(permille, seed int) (int, error) {
	return s.tell("change %d %d", permille, seed)
}

// recorded has the simulator write down what is asked while do runs.
func (s *stage) recorded(do func() error) ([]request, error) {
	file := s.path("requests.json")
	if _, err := s.tell("record"); err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	if _, err := s.tell("requests %s", file); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []request
	for lines := json.NewDecoder(bytes.NewReader(data)); lines.More(); {
		var r request
		if err := lines.Decode(&r); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// token signs in and returns an access token for a resource.
func (s *stage) token(ctx context.Context, resource string) (string, error) {
	client, err := s.client()
	if err != nil {
		return "", err
	}
	resp, err := client.PostForm(s.tenant.Authority+"/"+s.tenant.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.tenant.ClientID}, "client_secret": {s.tenant.ClientSecret},
		"scope": {resource + "/.default"},
	})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("sign in: %s (%v)", resp.Status, err)
	}
	return answer.AccessToken, ctx.Err()
}

// to returns how many requests went to a service, whose paths begin so, and
// the bytes of their bodies and of their answers'.
func to(all []request, prefix string) (requests int, bytes int64) {
	for _, r := range all {
		if strings.HasPrefix(strings.ToLower(r.URL), prefix) {
			requests++
			bytes += r.Sent + r.Bytes
		}
	}
	return requests, bytes
}

// The paths of the services begin with these, in lower case.
const (
	graphPath = "/v1.0/"
	ewsPath   = "/ews/"
)
