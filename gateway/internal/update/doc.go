// Package update keeps the box current: it fetches the bundles that the centre wants here, makes
// sure by The Update Framework that they are what the keys signed, tries them, and goes back by
// itself when things get worse (docs/adr/0012).
//
// Everything lies below one folder, bundles in the state folder:
//
//	state.json             what is in use; the switch is the rename of this file
//	anchor.root.json       the root of trust that was given or taken first
//	metadata/              what the centre signed last
//	KIND/VERSION/          a bundle, whole and on the disk before state.json names it
//
// Nothing here ever stops protection: what is not there, expired or refused leaves in use what is.
// Called by the supervisor ([Keeper]), by the start of the program ([Boot]) and by whoever reads
// bundles ([Read]); one supervisor has the folder.
package update
