package words

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	got := Blocks("## していただくこと\nルーターを更新してください。\n二行目\n\n- 電源は切らない\n- 10分かかります\n次の段落 https://a.example/x?y=1。以上\n■まとめ")
	line := func(s ...Span) []Span { return s }
	want := []Block{
		{Heading, [][]Span{line(Span{Text: "していただくこと"})}},
		{Paragraph, [][]Span{line(Span{Text: "ルーターを更新してください。"}), line(Span{Text: "二行目"})}},
		{List, [][]Span{line(Span{Text: "電源は切らない"}), line(Span{Text: "10分かかります"})}},
		{Paragraph, [][]Span{line(Span{Text: "次の段落 "}, Span{"https://a.example/x?y=1", "https://a.example/x?y=1"}, Span{Text: "。以上"})}},
		{Heading, [][]Span{line(Span{Text: "まとめ"})}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := Plain("## a\nb\n- c"); got != "■ a\n\nb\n\n・c" {
		t.Errorf("%q", got)
	}
}

func TestWhatIsNoLink(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"javascript:alert(1)", "data:text/html,x", "http://user:secret@a.example/", "//a.example/x", "<a href=x>", "https://"} {
		for _, b := range Blocks(s) {
			for _, l := range b.Lines {
				for _, one := range l {
					if one.Link != "" {
						t.Errorf("%q became a link to %q", s, one.Link)
					}
				}
			}
		}
	}
}

// RFC 5545 §3.1 and §3.3.11: lines are folded where no character is cut, and nothing that is typed begins a line of its own.
func TestCalendar(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 12, 1, 14, 0, 0, 0, time.FixedZone("JST", 9*3600))
	e := Event{ID: "a@b.example", Title: strings.Repeat("長い題名、", 20) + ";,\\", Place: "会館\r\nATTENDEE:mailto:x@y", Text: "a\nb", Starts: start, Ends: start.Add(time.Hour), Cancelled: true}
	got := e.Calendar(start)
	unfolded := strings.ReplaceAll(got, "\r\n ", "")
	for _, want := range []string{"DTSTART:20261201T050000Z\r\n", "LOCATION:会館\\nATTENDEE:mailto:x@y\r\n", `\;\,\\`, "DESCRIPTION:a\\nb\r\n", "STATUS:CANCELLED\r\n"} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("without %q:\n%s", want, got)
		}
	}
	for l := range strings.SplitSeq(got, "\r\n") {
		if len(l) > maxOctets || !utf8.ValidString(l) || strings.HasPrefix(l, "ATTENDEE") {
			t.Errorf("line %q", l)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add("## a\n- b\nhttps://a.example/")
	f.Add("<script>\n・x\n■")
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		for _, b := range Blocks(s) {
			for _, l := range b.Lines {
				for _, one := range l {
					n += len(one.Text)
					if one.Link != "" && (one.Link != one.Text || !IsLink(one.Link)) {
						t.Fatalf("%+v", one)
					}
				}
			}
		}
		if n > len(s) {
			t.Fatal("words from nowhere")
		}
		for l := range strings.SplitSeq((&Event{Title: s, Place: s, Text: s}).Calendar(time.Unix(0, 0)), "\r\n") {
			if len(l) > maxOctets+3 {
				t.Fatalf("line of %d", len(l))
			}
		}
	})
}
