package lab

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is the company's own web server, with file sharing and remote desktop
// ports open as badly kept ones have.
type Server struct {
	Reached Tally // what got through, by port
	closers []io.Closer
	wg      sync.WaitGroup
}

// ServeOffice starts it.
func (l *Lab) ServeOffice() (*Server, error) {
	s := new(Server)
	web, err := l.Web.Listen(net.JoinHostPort(Web, "80"))
	if err != nil {
		return nil, err
	}
	h := &http.Server{ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request counts when all of it came: what was cut off in the middle did nothing.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		s.Reached.Add("http")
		_, _ = w.Write([]byte("<html>Sato Manufacturing</html>"))
	})}
	s.closers = append(s.closers, h)
	s.wg.Go(func() { _ = h.Serve(web) })
	for _, port := range []string{"445", "3389"} {
		p, err := l.Web.Listen(net.JoinHostPort(Web, port))
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, p)
		s.wg.Go(func() { s.swallow(p, port) })
	}
	return s, nil
}

// swallow reads what comes and counts connections that brought something.
func (s *Server) swallow(l net.Listener, port string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			b := make([]byte, 4096)
			if n, _ := c.Read(b); n > 0 {
				s.Reached.Add(port)
			}
		})
	}
}

// Close stops it.
func (s *Server) Close() {
	for _, c := range s.closers {
		_ = c.Close()
	}
	s.wg.Wait()
}
