package content

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway/internal/update"
	"otasuke/wire"
)

func rules(good, bad int) string {
	var b strings.Builder
	for i := range good + bad {
		word := "content"
		if i >= good {
			word = "no_such_keyword"
		}
		fmt.Fprintf(&b, "alert tcp any any -> any any (msg:\"x\"; %s:\"abc\"; sid:%d;)\n", word, i+1)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	list := "[[list]]\nname='a'\ncategory='malware'\nfile='a.txt'\n"
	for name, c := range map[string]struct {
		kind  string
		files map[string]string
		says  string
	}{
		"rules":                    {wire.BundleRules, map[string]string{"a.rules": rules(95, 5)}, ""},
		"rules that do not load":   {wire.BundleRules, map[string]string{"a.rules": rules(80, 20)}, "80 of 100"},
		"no rules":                 {wire.BundleRules, map[string]string{"a.txt": "x"}, "0 of 0"},
		"lists":                    {wire.BundleLists, map[string]string{"lists.toml": list, "a.txt": "bad.example\n"}, ""},
		"a list is missing":        {wire.BundleLists, map[string]string{"lists.toml": list}, "a.txt"},
		"a list is empty":          {wire.BundleLists, map[string]string{"lists.toml": list, "a.txt": ""}, "0 entries"},
		"a list is something else": {wire.BundleLists, map[string]string{"lists.toml": list, "a.txt": "bad.example\n!!\n??\n"}, "left out"},
		"a list leads out":         {wire.BundleLists, map[string]string{"lists.toml": strings.Replace(list, "a.txt", "../../etc/passwd", 1)}, "passwd"},
		"a list for a group":       {wire.BundleLists, map[string]string{"lists.toml": list + "groups=['x']\n", "a.txt": "bad.example\n"}, "groups"},
		"an unknown key":           {wire.BundleLists, map[string]string{"lists.toml": list + "nmae='x'\n", "a.txt": "bad.example\n"}, "nmae"},
		"no lists":                 {wire.BundleLists, map[string]string{"lists.toml": ""}, "0 lists"},
		"applications":             {wire.BundleApplications, map[string]string{"applications.toml": "[[app]]\nid='x-one'\nja='あ'\ncategory='work'\nnames=['one.example']\n"}, "?"},
		"applications are garbage": {wire.BundleApplications, map[string]string{"applications.toml": "[["}, "bundle"},
		"signatures":               {wire.BundleVirus, map[string]string{"a.ndb": "x"}, ""},
		"no signatures":            {wire.BundleVirus, nil, "no signatures"},
		"an empty file":            {wire.BundleVirus, map[string]string{"a.ndb": ""}, "a.ndb"},
		"no program":               {wire.BundleProgram, nil, "program"},
		"a script":                 {wire.BundleProgram, map[string]string{"otasuke": "#!/bin/sh\necho otasuke 1\n"}, "program"},
		"a kind of tomorrow":       {"x", nil, "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for n, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, n), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			err := Check(c.kind, dir)
			switch {
			case c.says == "?":
				if err != nil && !errors.Is(err, ErrContent) {
					t.Error(err)
				}
				t.Log(err)
			case (err == nil) != (c.says == ""), err != nil && (!errors.Is(err, ErrContent) || !strings.Contains(err.Error(), c.says)):
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is not there any more leaves the configuration's own.
func TestGone(t *testing.T) {
	t.Parallel()
	use := update.InUse{wire.BundleRules: {Version: 1, Dir: t.TempDir()}}
	if p := Rules(use); p != nil {
		t.Errorf("%v", p)
	}
	if err := os.WriteFile(filepath.Join(use[wire.BundleRules].Dir, "a.rules"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if p := Rules(use); len(p) != 1 {
		t.Errorf("%v", p)
	}
}
