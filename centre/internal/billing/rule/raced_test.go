//go:build race

package rule

const raced = true
