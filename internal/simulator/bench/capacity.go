package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// wholePage asks for a mailbox's contacts with all their fields.
const wholePage = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">
<soap:Header><t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>%s</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></soap:Header>
<soap:Body><m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>
<m:IndexedPageItemView MaxEntriesReturned="1000" Offset="0" BasePoint="Beginning"/>
<m:ParentFolderIds><t:DistinguishedFolderId Id="contacts"/></m:ParentFolderIds></m:FindItem></soap:Body></soap:Envelope>`

// capacity tells what the simulator serves to four connections that throw its
// pages away: a bound on what any client can reach.
func (s *stage) capacity(ctx context.Context) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	token, err := s.token(ctx, "https://outlook.office365.com")
	if err != nil {
		return err
	}
	rounds := max(200/s.mailboxes, 2)
	// The first round is not counted: it makes the pages.
	if _, err := s.fetch(ctx, client, token, 1); err != nil {
		return err
	}
	begin := time.Now()
	bytes, err := s.fetch(ctx, client, token, rounds)
	if err != nil {
		return err
	}
	took := time.Since(begin).Seconds()
	contacts := float64(rounds * s.mailboxes * min(s.contacts, 1000))
	say("  over EWS the simulator serves at most %.0f contacts/s (%.0f MB/s) to four connections that throw them away", contacts/took, float64(bytes)/took/1e6)
	return nil
}

// fetch reads the first page of all mailboxes, several times.
func (s *stage) fetch(ctx context.Context, client *http.Client, token string, rounds int) (bytes int64, err error) {
	addresses := make(chan string)
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for range 4 {
		wg.Go(func() {
			for address := range addresses {
				n, e := s.page(ctx, client, token, address)
				mu.Lock()
				bytes += n
				if e != nil {
					err = e
				}
				mu.Unlock()
			}
		})
	}
	for range rounds {
		for _, m := range s.tenant.Mailboxes {
			addresses <- m.Mail
		}
	}
	close(addresses)
	wg.Wait()
	return bytes, err
}

func (s *stage) page(ctx context.Context, client *http.Client, token, address string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.tenant.EWSURL, strings.NewReader(fmt.Sprintf(wholePage, address)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("ask for a page: %s", resp.Status)
	}
	return io.Copy(io.Discard, resp.Body)
}

func (s *stage) client() (*http.Client, error) {
	pem, err := os.ReadFile(s.tenant.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 4}}, nil
}
