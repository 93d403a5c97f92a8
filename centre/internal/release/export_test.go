package release

// Pack is what Add signs.
func Pack(b *Bundle) ([]byte, string, error) { return b.pack() }
