package simulator

import "net/http"

// serveEWS answers Exchange Web Services.
func (s *Server) serveEWS(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}
