// Package password says which passwords may be chosen and keeps them as slow hashes (argon2id,
// RFC 9106).
package password
