// Package verify runs test cases of suricata-verify against our inspection: folders with a
// test.yaml, a capture and rules. It reads the cases as they are and checks what they ask of
// eve.json (filters with their counts); what asks for something else (shell commands, other
// files) is not run, and says so.
package verify
