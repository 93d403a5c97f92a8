package ui

// Field is one thing that a form asks for; what is typed wrong comes back with the reason beside it.
type Field struct {
	ID, Label, Value, Hint, Error string
	// Type is that of an input; "select" and "radio" have Choices, "area" is for several lines.
	Type    string
	Auto    string // what a browser may fill in (autocomplete)
	Mode    string // keyboard of a telephone (inputmode)
	Max     int    // characters
	Choices []Choice
	// Optional fields may stay empty; it is said beside their label.
	Optional bool
}

// Choice is one value of a field.
type Choice struct{ Value, Label string }

// Form is its fields, in their order.
type Form []Field

// Get is a field by its id; a field of no meaning when there is none.
func (f Form) Get(id string) *Field {
	for i := range f {
		if f[i].ID == id {
			return &f[i]
		}
	}
	return new(Field)
}

// Fault marks a field; an empty text marks nothing.
func (f Form) Fault(id, text string) { f.Get(id).Error = text }

// Fill keeps what was typed; passwords are typed again.
func (f Form) Fill(value func(string) string) Form {
	for i := range f {
		if f[i].Type != "password" {
			f[i].Value = value(f[i].ID)
		}
	}
	return f
}

// Faults are the fields that do not do.
func (f Form) Faults() (bad []Field) {
	for _, one := range f {
		if one.Error != "" {
			bad = append(bad, one)
		}
	}
	return bad
}
