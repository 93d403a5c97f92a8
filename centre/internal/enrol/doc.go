// Package enrol is the centre's own certificate authority: it gives each box its
// identity, and the box listener its server certificate.
//
// A box's certificate names the box (CN) and its company (O), is for clients only,
// and holds for a key that never left the box; whatever else a request asks for is
// ignored. The authority's key is made on first start and kept in one file that its
// owner alone may read. Level 3: intake signs with it, the façade opens it.
package enrol
