package enforce

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// Dissolve takes the bridge away that an earlier start has made in another mode: a router with both
// of its ports in one would be none, and nobody would get through. Its ports may speak for
// themselves again. Without a bridge of that name nothing happens.
func Dissolve(name string) error {
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("enforce: bridge %s: %w", name, err)
	}
	if link.Type() != "bridge" {
		return fmt.Errorf("enforce: %s is no bridge but of the kind %q: choose another name for bridge", name, link.Type())
	}
	all, err := netlink.LinkList()
	if err != nil {
		return fmt.Errorf("enforce: bridge %s: %w", name, err)
	}
	var errs []error
	for _, port := range all {
		if a := port.Attrs(); a.MasterIndex == link.Attrs().Index {
			errs = append(errs, netlink.LinkSetNoMaster(port), loud(a.Name))
		}
	}
	if err := errors.Join(append(errs, netlink.LinkDel(link))...); err != nil {
		return fmt.Errorf("enforce: take bridge %s away: %w", name, err)
	}
	return nil
}
