// Package apps is the compilation of applications that the service knows by name: what an
// office uses the internet for, in categories. Each file under data/ is one category; a
// line is one application, with how it is told (names, protocols, ports, fingerprints,
// address ranges) and its name in both languages. Each group says where its facts stand.
//
// The compilation is ours: names and addresses that the makers publish. A company's own
// additions have the same form and are read by [Catalogue.Add].
package apps
