// Package parcel knows the boxes as things: which lie on the shelf, which are on their way, at whose office they
// stand, which come back and were erased. A thing is known by the number on its sticker. What a box is to the network, by its
// key, is package device's; the two meet when a box that was sent to somebody is connected there.
//
// Things belong to the centre itself. They are never deleted: an auditor may ask where one was.
//
// Level 5.
package parcel
