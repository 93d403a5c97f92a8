package oidc

import "encoding/json"

// ReadClaims reads what the fuzz test looks at.
func ReadClaims(b []byte) (verified bool, amr []string, err error) {
	var c claims
	err = json.Unmarshal(b, &c)
	return bool(c.Verified || c.Owned), c.AMR, err
}
