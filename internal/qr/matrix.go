package qr

func (c *Code) set(x, y int, black bool) {
	c.black[y*c.Size+x], c.fixed[y*c.Size+x] = black, true
}

// patterns draws what every code of a version has: finders, timing, alignment, version, and
// keeps the places of the format (7.3, 6.3).
func (c *Code) patterns(version int, s *shape) {
	for i := range c.Size {
		c.set(6, i, i%2 == 0)
		c.set(i, 6, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {c.Size - 4, 3}, {3, c.Size - 4}} {
		for dy := -4; dy <= 4; dy++ {
			for dx := -4; dx <= 4; dx++ {
				x, y, d := at[0]+dx, at[1]+dy, max(abs(dx), abs(dy))
				if x >= 0 && y >= 0 && x < c.Size && y < c.Size {
					c.set(x, y, d != 2 && d != 4)
				}
			}
		}
	}
	last := len(s.align) - 1
	for i, y := range s.align {
		for j, x := range s.align {
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a finder is there
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					c.set(x+dx, y+dy, max(abs(dx), abs(dy)) != 1)
				}
			}
		}
	}
	c.format(0)
	if version >= 7 {
		bits := version<<12 | remainder(version<<12, 0x1f25, 12) // 7.10
		for i := range 18 {
			on := bits>>i&1 == 1
			c.set(c.Size-11+i%3, i/3, on)
			c.set(i/3, c.Size-11+i%3, on)
		}
	}
}

// format writes level M and the mask, twice (7.9).
func (c *Code) format(mask int) {
	bits := (mask<<10 | remainder(mask<<10, 0x537, 10)) ^ 0x5412 // level M is 00
	at := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 6 {
		c.set(8, i, at(i))
	}
	c.set(8, 7, at(6))
	c.set(8, 8, at(7))
	c.set(7, 8, at(8))
	for i := 9; i < 15; i++ {
		c.set(14-i, 8, at(i))
	}
	for i := range 8 {
		c.set(c.Size-1-i, 8, at(i))
	}
	for i := 8; i < 15; i++ {
		c.set(8, c.Size-15+i, at(i))
	}
	c.set(8, c.Size-8, true) // always dark
}

// remainder of the division of v by a polynomial of the given degree.
func remainder(v, poly, degree int) int {
	for i := 18; i >= degree; i-- {
		if v>>i&1 == 1 {
			v ^= poly << (i - degree)
		}
	}
	return v
}

// masks of table 10: i is the row, j the column.
var masks = [...]func(i, j int) bool{
	func(i, j int) bool { return (i+j)%2 == 0 },
	func(i, j int) bool { return i%2 == 0 },
	func(i, j int) bool { return j%3 == 0 },
	func(i, j int) bool { return (i+j)%3 == 0 },
	func(i, j int) bool { return (i/2+j/3)%2 == 0 },
	func(i, j int) bool { return i*j%2+i*j%3 == 0 },
	func(i, j int) bool { return (i*j%2+i*j%3)%2 == 0 },
	func(i, j int) bool { return ((i+j)%2+i*j%3)%2 == 0 },
}

func (c *Code) mask(n int) {
	for y := range c.Size {
		for x := range c.Size {
			if at := y*c.Size + x; !c.fixed[at] && masks[n](y, x) {
				c.black[at] = !c.black[at]
			}
		}
	}
}

// penalty of a masked code (7.8.3): runs, blocks, what looks like a finder, and how far it
// is from half black.
func (c *Code) penalty() (p int) {
	black := 0
	for i := range c.Size {
		p += c.line(func(j int) bool { return c.Black(j, i) }) + c.line(func(j int) bool { return c.Black(i, j) })
		for j := range c.Size {
			b := c.Black(j, i)
			if b {
				black++
			}
			if i+1 < c.Size && j+1 < c.Size && b == c.Black(j+1, i) && b == c.Black(j, i+1) && b == c.Black(j+1, i+1) {
				p += 3
			}
		}
	}
	return p + abs(20*black-10*c.Size*c.Size)/(c.Size*c.Size)*10
}

// line is the penalty of one row or column.
func (c *Code) line(at func(int) bool) (p int) {
	run := 1
	for i := 1; i <= c.Size; i++ {
		if i < c.Size && at(i) == at(i-1) {
			run++
			continue
		}
		if run >= 5 {
			p += run - 2
		}
		run = 1
	}
	for i := 0; i+11 <= c.Size; i++ {
		bits := 0
		for j := range 11 {
			bits <<= 1
			if at(i + j) {
				bits |= 1
			}
		}
		if bits == 0b10111010000 || bits == 0b00001011101 {
			p += 40
		}
	}
	return p
}

func abs(n int) int { return max(n, -n) }
