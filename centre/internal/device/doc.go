// Package device knows the boxes of each company, and the devices that the boxes
// have seen inside the offices.
//
// A box becomes a company's with a claim code that is used once ([Service.Redeem])
// and stops being so when it is given back; its identity is the certificate it got.
// A device inside is known by its hardware address, or by its network address where
// the box sees no other, and may have a name that its owner gave.
//
// Everything is bound to a company; what belongs to another one is
// [store.ErrNotFound]. Level 3: intake and the faces use it.
package device
