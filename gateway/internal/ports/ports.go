package ports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// Auto in the place of names asks for [Find].
	Auto = "auto"
	// Sys is where the kernel shows its interfaces.
	Sys = "/sys/class/net"

	// ether is ARPHRD_ETHER of linux/if_arp.h.
	ether = "1"
)

// ErrTooFew tells that a machine has no two ports for cables.
var ErrTooFew = errors.New("ports: two Ethernet ports are needed")

// Choose gives names as they are, and in place of "auto" what [Find] finds besides the port
// apart, which is for something else.
func Choose(names []string, apart string) ([]string, error) {
	if len(names) != 1 || names[0] != Auto {
		return names, nil
	}
	return Find(Sys, apart)
}

// Find names the first two Ethernet ports: those built in or on a card come before those on
// USB, then by their place on the bus, as they sit beside each other on the case, then by
// number on one card. Wireless and made-up interfaces (bridges, VLANs, tunnels) do not count.
// Which of the two is outside does not matter.
func Find(sys, apart string) ([]string, error) {
	entries, err := os.ReadDir(sys)
	if err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	type port struct{ place, name string }
	var found []port
	for _, e := range entries {
		dir := filepath.Join(sys, e.Name())
		place, err := filepath.EvalSymlinks(filepath.Join(dir, "device"))
		if err != nil || e.Name() == apart || read(dir, "type") != ether || has(dir, "wireless") || has(dir, "phy80211") {
			continue
		}
		kind := "0"
		if strings.Contains(place, "/usb") {
			kind = "1"
		}
		found = append(found, port{kind + place + "/" + fmt.Sprintf("%4s", read(dir, "dev_port")), e.Name()})
	}
	if len(found) < 2 {
		names := "none"
		if len(found) == 1 {
			names = "only " + found[0].name
		}
		return nil, fmt.Errorf("%w: %s is there; add a network card or a USB adaptor, or name the interfaces in ports ('ip link' lists them)", ErrTooFew, names)
	}
	slices.SortFunc(found, func(a, b port) int {
		return strings.Compare(a.place+"/"+a.name, b.place+"/"+b.name)
	})
	return []string{found[0].name, found[1].name}, nil
}

func read(dir, name string) string {
	b, _ := os.ReadFile(filepath.Join(dir, name)) // absent: empty
	return strings.TrimSpace(string(b))
}

func has(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
