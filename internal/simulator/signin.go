package simulator

import "net/http"

func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) { http.Error(w, "", 501) }
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request)      { http.Error(w, "", 501) }
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request)     { http.Error(w, "", 501) }
