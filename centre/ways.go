package centre

// Way is one way into a face: what its address looks like, with names in braces.
type Way struct {
	Face, Method, Path string // Face is "portal" or "console"
}

// Ways lists all ways into portal and console, for those who check every page.
func (c *Centre) Ways() (all []Way, err error) {
	n, err := c.notifier()
	if err != nil {
		return nil, err
	}
	customers, err := c.portal()
	if err != nil {
		return nil, err
	}
	staff, err := c.console(n)
	if err != nil {
		return nil, err
	}
	for _, r := range customers.Routes {
		all = append(all, Way{"portal", r.Method, r.Path})
	}
	for _, r := range staff.Routes {
		all = append(all, Way{"console", r.Method, r.Path})
	}
	return all, nil
}
