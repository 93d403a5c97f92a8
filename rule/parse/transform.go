package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/option"
	"slices"
)

// transform adds a change to the buffer in use.
func (b *builder) transform(kind rule.TransformKind, v string) error {
	if !b.sticky {
		return errors.New("a transform must stand behind its buffer; move it there")
	}
	if b.section >= 0 { // behind contents it begins another view of the buffer
		b.section, b.fresh, b.last = -1, false, nil
	}
	if len(b.transforms) == maxTransforms {
		return fmt.Errorf("more than %d transforms on one buffer", maxTransforms)
	}
	t, err := option.Transform(kind, v)
	b.transforms = append(slices.Clip(b.transforms), t)
	return err
}

// maxTransforms on one buffer; public rules have at most three.
const maxTransforms = 16
