package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"golang.org/x/sys/unix"
)

const snapLength = 256 << 10

// Record writes what arrives at the box's ports into a capture file: the traffic as
// the box gets it, before its verdicts. The returned function ends it.
func (l *Lab) Record(path string, ports ...string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(snapLength, layers.LinkTypeEthernet); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// One socket for all ports: two would not keep the order between them.
	fd, indexes, err := l.sniff(ports)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		defer unix.Close(fd)
		buf := make([]byte, snapLength)
		for ctx.Err() == nil {
			n, from, err := unix.Recvfrom(fd, buf, 0)
			if err != nil {
				continue // the time-out that lets us look at ctx
			}
			if ll, ok := from.(*unix.SockaddrLinklayer); !ok || ll.Pkttype == unix.PACKET_OUTGOING || !slices.Contains(indexes, ll.Ifindex) {
				continue
			}
			_ = w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Now(), CaptureLength: n, Length: n}, buf[:n])
		}
	})
	return func() {
		cancel()
		wg.Wait()
		_ = f.Close()
	}, nil
}

// sniff opens a packet socket in the box and finds the numbers of its ports.
func (l *Lab) sniff(ports []string) (fd int, indexes []int, err error) {
	err = l.Box.Do(func() error {
		const all = 0x0300 // ETH_P_ALL in network order
		for _, port := range ports {
			i, err := linkIndex(port)
			if err != nil {
				return err
			}
			indexes = append(indexes, i)
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all); err != nil {
			return err
		}
		timeout := unix.NsecToTimeval((100 * time.Millisecond).Nanoseconds())
		return errors.Join(
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		)
	})
	if err != nil {
		return -1, nil, fmt.Errorf("lab: record: %w", err)
	}
	return fd, indexes, nil
}
