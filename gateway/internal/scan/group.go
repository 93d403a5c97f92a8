package scan

import "slices"

// Group are files of one conversation, which may not be answered yet. Its zero value is ready.
type Group []*File

// Add adds a file, in the place of those that are answered.
func (g *Group) Add(f *File) {
	*g = append(slices.DeleteFunc(*g, func(f *File) bool { return f.Result() != nil }), f)
}

// Free takes a file out: it goes on without the conversation.
func (g *Group) Free(f *File) {
	*g = slices.DeleteFunc(*g, func(o *File) bool { return o == f })
}

// End gives up the rest, of a conversation that ends. It changes nothing where an answer is there.
func (g *Group) End() {
	for _, f := range *g {
		f.Abort(ErrEnded)
	}
	*g = (*g)[:0]
}
