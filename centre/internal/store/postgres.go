package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sys/unix"
)

// vanished is for how long a machine may not even say that it got something before it counts as gone. The kernel would wait for a
// quarter of an hour, with all connections, while another has taken the database's place. A server that works for long is not
// touched: its machine answers.
const vanished = 30 * time.Second

// openPGX opens a pool of connections that end when the other machine vanishes.
func openPGX(address string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURL, err)
	}
	d := net.Dialer{Timeout: cmp.Or(cfg.ConnectTimeout, vanished), Control: func(network, _ string, c syscall.RawConn) (err error) {
		if network == "unix" {
			return nil
		}
		told := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(vanished.Milliseconds())) // RFC 5482
		})
		return cmp.Or(told, err)
	}}
	cfg.DialFunc = d.DialContext
	return stdlib.OpenDB(*cfg), nil
}
