package eve

// Batch gathers the records of one worker, so that they are handed over together. A record
// belongs to the worker from Blank until Add, and then to whom it is handed: nothing of it
// may be looked at any more, as it comes back blank for another use.
type Batch struct {
	// Size records are handed over at once; at most 1 hands over each.
	Size int
	// Emit takes records, in their order, and fills the front of the list with blank ones;
	// it returns how many.
	Emit func([]*Record) (blank int)

	list  []*Record
	blank []*Record
	alert bool // one is in list
}

// Blank gives a record to write into.
func (b *Batch) Blank() *Record {
	n := len(b.blank)
	if n == 0 {
		return new(Record)
	}
	r := b.blank[n-1]
	b.blank = b.blank[:n-1]
	return r
}

// Add takes a record.
func (b *Batch) Add(r *Record) {
	b.list = append(b.list, r)
	b.alert = b.alert || r.EventType == TypeAlert
	if len(b.list) >= b.Size {
		b.Hand()
	}
}

// Urge hands over what there is if there is an alert.
func (b *Batch) Urge() {
	if b.alert {
		b.Hand()
	}
}

// Hand hands over what there is.
func (b *Batch) Hand() {
	if len(b.list) == 0 {
		return
	}
	n := b.Emit(b.list)
	b.blank = append(b.blank, b.list[:n]...)
	b.blank = b.blank[:min(len(b.blank), max(b.Size, 1))]
	clear(b.list)
	b.list, b.alert = b.list[:0], false
}

// Each is an Emit for whoever takes records one by one and keeps them.
func Each(take func(*Record)) func([]*Record) int {
	return func(list []*Record) int {
		for _, r := range list {
			take(r)
		}
		return 0
	}
}
