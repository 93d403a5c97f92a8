package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// Taps puts two sockets for the cables of a virtual machine into the box's place, beside
// [OutsidePort] and [InsidePort]. The machine must be started there.
func (l *Lab) Taps() (outside, inside string, err error) {
	outside, inside = "tap-out", "tap-in"
	err = l.Box.Do(func() error {
		return errors.Join(socket(outside, "plug-out", OutsidePort), socket(inside, "plug-in", InsidePort))
	})
	if err != nil {
		err = fmt.Errorf("lab: cables of a virtual machine: %w", err)
	}
	return outside, inside, err
}

// socket makes one and joins it to a port.
func socket(name, plug, port string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	return errors.Join(
		bridge(plug),
		netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: attrs, Mode: netlink.TUNTAP_MODE_TAP, Flags: netlink.TUNTAP_NO_PI | netlink.TUNTAP_VNET_HDR}),
		join(plug, name), join(plug, port))
}
