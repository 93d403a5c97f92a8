// Package oidc lets people of the operating organisation into the console by their organisation's identity provider (OpenID
// Connect Core 1.0: authorization code with PKCE, RFC 7636).
//
// Invariants: it makes no accounts. The first login of somebody binds the provider's subject to an account that is there, by
// an address that the provider has verified; from then on only issuer and subject count, so that no change of an address
// at the provider leads into another account, and no second subject into a bound one. Customers, vendors and insurers
// never come in here. One issuer is configured, and what any other says is refused; of signatures only those by a key pair
// count. What a login begins with is sealed to one browser, lives [AttemptLife] and is spent once.
//
// Nothing is stored for a login before the provider has answered rightly. The client's secret is in no error and no log.
//
// Level 3. Callers: the console's login page; the centre, for what its configuration says.
package oidc
