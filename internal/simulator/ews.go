package simulator

import (
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// ewsRequest is one call of Exchange Web Services.
type ewsRequest struct {
	op      *element // the SOAP body's only child
	sid     *element // what ConnectingSID holds; nil without impersonation
	mailbox *Mailbox // whose contacts it is about; nil only for what needs none
	maxPage int      // the server's own bound; 0: none
}

// name returns the operation's name: FindItem, GetItem …
func (q *ewsRequest) name() string { return strings.TrimPrefix(q.op.name, "m:") }

// ewsOperation writes the response messages of one operation. What it returns
// is a fault of the call as a whole.
type ewsOperation func(*ewsRequest, *xmlWriter) *ewsError

var ewsOperations = map[string]ewsOperation{
	"ConvertId":           convertID,
	"FindFolder":          findFolder,
	"FindItem":            findItem,
	"GetFolder":           getFolder,
	"GetItem":             getItem,
	"ResolveNames":        resolveNames,
	"SyncFolderHierarchy": syncFolderHierarchy,
	"SyncFolderItems":     syncFolderItems,
}

// maxEWSRequest is IIS's default for Exchange Web Services, 64,000 KiB.
const maxEWSRequest = 64000 << 10

// serveEWS answers Exchange Web Services.
func (s *Server) serveEWS(w http.ResponseWriter, r *http.Request) {
	caller := s.ewsCaller(w, r)
	if caller == nil {
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEWSRequest))
	if err != nil {
		http.Error(w, "", http.StatusRequestEntityTooLarge)
		return
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/xml") {
		http.Error(w, "", http.StatusUnsupportedMediaType)
		return
	}
	s.answerEWS(w, r, caller, body)
}

// answerEWS answers a call whose caller is known.
func (s *Server) answerEWS(w http.ResponseWriter, r *http.Request, caller *ewsCaller, body []byte) {
	sum := sha256.Sum256(body)
	q, fail := s.parseEWS(string(sum[:]), body)
	if fail != nil {
		fail.answer().write(w, r)
		return
	}
	call := *q
	call.maxPage = s.opts.MaxPage
	s.tenant.view(func() { call.mailbox, fail = caller.mailbox(s.tenant, q.sid) })
	note(r, call.mailbox, call.name())
	if fail != nil {
		fail.answer().write(w, r)
		return
	}
	var a *answer
	s.limit.count(caller.name(), call.mailbox.ObjectID).hold(func() {
		if s.wait(r, 1) {
			s.tenant.view(func() { a = s.workEWS(&call, string(sum[:])) })
		}
	})
	if a != nil {
		a.write(w, r)
	}
}

// workEWS answers a call about a mailbox that the caller may ask for.
func (s *Server) workEWS(q *ewsRequest, sum string) *answer {
	if q.mailbox.EWSDisabled {
		return ewsDisabled("EWS is disabled for this user or tenant")
	}
	a, fail := s.finishedEWS(q, sum)
	if fail != nil {
		return fail.answer()
	}
	return a
}

// parseEWS reads a request, or remembers what it read of the same bytes.
func (s *Server) parseEWS(sum string, body []byte) (*ewsRequest, *ewsError) {
	if q := s.parsed.get(sum); q != nil {
		return q, nil
	}
	q, fail := parseEWSRequest(body)
	if fail == nil {
		s.parsed.put(sum, q, len(body))
	}
	return q, fail
}

// parsedEWS remembers requests by the hash of their bytes: reading a GetItem of
// 200 ids takes longer than answering it from the cache.
type parsedEWS struct {
	mu       sync.Mutex
	requests map[string]*ewsRequest
	sizes    map[string]int // of the documents
	bytes    int            // their sum
}

// parsedBytes bounds the documents that are remembered, which take about five
// times the room once they are read; beyond it, any of them make room.
const parsedBytes = 32 << 20

func (p *parsedEWS) get(sum string) *ewsRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[sum]
}

func (p *parsedEWS) put(sum string, q *ewsRequest, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.requests == nil {
		p.requests, p.sizes = map[string]*ewsRequest{}, map[string]int{}
	}
	for old, n := range p.sizes {
		if p.bytes+size <= parsedBytes {
			break
		}
		p.bytes -= n
		delete(p.requests, old)
		delete(p.sizes, old)
	}
	p.bytes += size - p.sizes[sum]
	p.requests[sum], p.sizes[sum] = q, size
}

// finishedEWS returns the finished answer for a mailbox as it is now. An answer
// may name other users, so it is finished only until any of them changes.
func (s *Server) finishedEWS(q *ewsRequest, sum string) (*answer, *ewsError) {
	key := "ews " + q.mailbox.ObjectID + strconv.FormatInt(q.mailbox.seq, 36) + " " + strconv.FormatInt(s.tenant.version, 36) + " " + sum
	if a := s.cache.get(key); a != nil {
		return a, nil
	}
	var w xmlWriter
	w.WriteString(ewsHead)
	if fail := ewsOperations[q.name()](q, &w); fail != nil {
		return nil, fail
	}
	w.WriteString("</s:Body></s:Envelope>")
	a := &answer{status: http.StatusOK, header: ewsHeader, body: w.Bytes()}
	a.zipped = zip(a.body)
	s.cache.put(key, a)
	return a, nil
}

var ewsHeader = map[string]string{"Content-Type": "text/xml; charset=utf-8", "X-CalculatedBETarget": "ex01.example.test", "X-FEServer": "EX01"}

const ewsHead = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + nsSOAP + `"><s:Header>` +
	`<h:ServerVersionInfo MajorVersion="15" MinorVersion="20" MajorBuildNumber="8158" MinorBuildNumber="13" Version="V2018_01_08"` +
	` xmlns:h="` + nsTypes + `" xmlns="` + nsTypes + `" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></s:Header>` +
	`<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`

// response writes the frame of an operation's answer.
func (w *xmlWriter) response(name string, messages func()) {
	w.WriteString(`<m:` + name + `Response xmlns:m="` + nsMessages + `" xmlns:t="` + nsTypes + `"><m:ResponseMessages>`)
	messages()
	w.WriteString(`</m:ResponseMessages></m:` + name + `Response>`)
}

// message writes one response message that succeeds.
func (w *xmlWriter) message(name string, content func()) {
	w.WriteString(`<m:` + name + `ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`)
	content()
	w.WriteString(`</m:` + name + `ResponseMessage>`)
}

// failure writes one response message that fails. Rest is what the operation
// adds to failures too.
func (w *xmlWriter) failure(name string, e *ewsError, rest string) {
	w.WriteString(`<m:` + name + `ResponseMessage ResponseClass="Error">`)
	w.element("m:MessageText", e.text)
	w.WriteString(`<m:ResponseCode>` + e.code + `</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>`)
	if d := e.detail(); d != "" {
		w.WriteString("<m:MessageXml>" + d + "</m:MessageXml>")
	}
	w.WriteString(rest + `</m:` + name + `ResponseMessage>`)
}
