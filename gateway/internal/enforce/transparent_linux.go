package enforce

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Of frames to 01:80:c2:00:00:0X, which bridges keep to themselves (IEEE 802.1Q section
// 8.6.3), ours passes everything: spanning tree, link aggregation, 802.1X, LLDP. PAUSE is the
// exception, it concerns one cable; no kernel forwards it. For a whole bridge the kernel does
// not allow the lowest three, so the ports say it.
const portGroups = 0xffff &^ (1 << 1)

// transparent makes a bridge of which nobody sees anything. With STP off the kernel forwards
// others' spanning tree and sends none of its own; without snooping it loses no multicast.
func transparent(index int) error {
	return errors.Join(bridgeSet(index, nl.IFLA_BR_STP_STATE, nl.Uint32Attr(0)),
		bridgeSet(index, nl.IFLA_BR_FORWARD_DELAY, nl.Uint32Attr(0)), // refused with STP on
		bridgeSet(index, nl.IFLA_BR_MCAST_SNOOPING, []byte{0}))
}

func bridgeSet(index, attr int, value []byte) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req.AddData(msg)
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("bridge"))
	data := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
	data.AddRtAttr(attr, value)
	req.AddData(info)
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// silent keeps the kernel from speaking on an interface by itself. With an address of its
// own, open, it speaks for that one only.
func silent(name string, open bool) error {
	six, arp := "1", "8" // no neighbour discovery; no answers of ARP for any address
	if open {
		six, arp = "0", "1" // for this interface's own
	}
	return speaks(name, six, arp)
}

// loud lets the kernel speak on an interface as on any other.
func loud(name string) error { return speaks(name, "0", "0") }

func speaks(name, noSix, ignoreARP string) error {
	err := sysctl("net/ipv4/conf/"+name+"/arp_ignore", ignoreARP)
	if e := sysctl("net/ipv6/conf/"+name+"/disable_ipv6", noSix); !errors.Is(e, os.ErrNotExist) { // a kernel without IPv6 says nothing
		err = errors.Join(err, e)
	}
	return err
}

// sysctl sets one of the network namespace of the calling thread.
func sysctl(name, value string) error {
	return os.WriteFile(filepath.Join("/proc/sys", name), []byte(value+"\n"), 0o644)
}

// join puts a port into the bridge. Its MTU stays as it is when mtu is 0; the bridge itself
// takes the smallest of its ports, which what it forwards does not feel.
func join(name string, link netlink.Link, mtu int) error {
	port, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("enforce: port %s: %w (network interfaces are listed by 'ip link')", name, err)
	}
	if mtu != 0 && port.Attrs().MTU != mtu {
		if err := netlink.LinkSetMTU(port, mtu); err != nil {
			return fmt.Errorf("enforce: %s cannot carry packets of %s bytes (mtu): %w", name, strconv.Itoa(mtu), err)
		}
	}
	if err := silent(name, false); err != nil {
		return fmt.Errorf("enforce: %s: %w", name, err)
	}
	if port.Attrs().MasterIndex != link.Attrs().Index {
		if err := netlink.LinkSetMaster(port, link); err != nil {
			return fmt.Errorf("enforce: put %s into %s: %w", name, link.Attrs().Name, err)
		}
	}
	if err := netlink.LinkSetBRSlaveGroupFwdMask(port, portGroups); err != nil {
		return fmt.Errorf("enforce: %s: groups: %w", name, err)
	}
	if err := netlink.LinkSetUp(port); err != nil {
		return fmt.Errorf("enforce: start %s: %w", name, err)
	}
	return nil
}
