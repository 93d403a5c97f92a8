package session

import (
	"testing"

	"otasuke/rule"
)

func TestOpenConnection(t *testing.T) {
	t.Parallel()
	conversations{
		"no acknowledgement flag":        {talk: open + `> - 11 len=5 | established, left out`},
		"acknowledges the unsent":        {talk: open + `> A 11 70000 len=5 | established, left out, pkt_invalid_ack, est_invalid_ack`},
		"acknowledges what is past":      {talk: open + `> A 11 1 len=5 | established`},
		"acknowledges what is far off":   {talk: open + `> A 11 -9000 len=5 | established, left out, pkt_invalid_ack, est_invalid_ack`},
		"before the last acknowledged":   {talk: open + `> A 1 11 len=5 | established, left out, est_pkt_before_last_ack`},
		"sent again":                     {talk: open + `> A 1 11 len=10 | established, pkt_retransmission`},
		"overlaps what is acknowledged":  {talk: open + `> A 6 11 len=10 | established, pkt_retransmission`},
		"ahead of what is missing":       {talk: open + "> A 21 11 len=10 | established\n> A 11 11 len=10 | established\n< A 11 31 | established"},
		"out of the window":              {talk: open + `> A 9000 11 len=10 | established, left out, est_packet_out_of_window`},
		"ends with the window":           {talk: open + `> A 8001 11 len=10 | established`},
		"SYN again":                      {talk: open + `> S 0 | established, left out, est_syn_resend`},
		"another SYN":                    {talk: open + `> S 77 | established, left out, est_syn_resend_diff_seq`},
		"SYN of the server":              {talk: open + `< S 0 | established, left out, est_syn_toclient`},
		"SYN+ACK again":                  {talk: open + `< SA 0 11 | established, left out, est_synack_resend`},
		"SYN+ACK of the client":          {talk: open + `> SA 0 1 | established, left out, est_synack_toserver`},
		"SYN+ACK, other acknowledgement": {talk: open + `< SA 0 1 | established, left out, est_synack_resend_with_different_ack`},
		"SYN+ACK, other number":          {talk: open + `< SA 9 11 | established, left out, est_synack_resend_with_diff_seq`},
	}.play(t)
}

// What is left out changes nothing: whoever can send segments that the receiver does not
// take could else make those that it takes look wrong.
func TestLeftOutChangesNothing(t *testing.T) {
	t.Parallel()
	stamped := `
			> S 0 ts=100           | syn_sent
			< SA 0 1 ts=900        | syn_recv
			> A 1 1 ts=101         | established
			> A 1 1 len=10 ts=101  | established
			< A 1 11 ts=901        | established
`
	conversations{
		"a stamp of the future behind a wrong acknowledgement": {talk: stamped + `
			> A 11 70000 len=5 ts=2000000 | established, left out, pkt_invalid_ack, est_invalid_ack
			> A 11 1 len=5 ts=102         | established`},
		"a byte behind one out of the window": {talk: open + `
			> A 9000 11 len=10 | established, left out, est_packet_out_of_window
			> A 9009 11 len=1  | established, left out, est_packet_out_of_window
			< A 11 11 win=60000 | established
			> A 11 11 len=8998 | established
			> A 9009 11 len=1  | established`},
		"RST behind one out of the window": {talk: open + `
			> A 9000 11 len=10 | established, left out, est_packet_out_of_window
			> R 11             | closed`},
		"FIN behind one out of the window": {talk: open + `
			> A 9000 11 len=10 | established, left out, est_packet_out_of_window
			> FA 11 11         | close_wait`},
	}.play(t)
}

func TestRST(t *testing.T) {
	t.Parallel()
	conversations{
		"of the client":                             {talk: open + `> R 11 | closed`},
		"of the server":                             {talk: open + `< RA 11 11 | closed`},
		"wrong number":                              {talk: open + "> R 12 | established, left out\n> A 11 11 len=5 | established"},
		"number in the past":                        {talk: open + `> R 1 | established, left out`},
		"wrong acknowledgement":                     {talk: open + `> RA 11 70000 | established, left out, pkt_invalid_ack, rst_invalid_ack`},
		"before the answer, refused":                {talk: "> S 0 | syn_sent\n< RA 0 1 | closed"},
		"before the answer, of another":             {talk: "> S 0 | syn_sent\n< RA 0 99 | syn_sent, left out\n< SA 0 1 | syn_recv"},
		"before the answer, acknowledges nothing":   {talk: "> S 0 | syn_sent\n< R 0 | syn_sent, left out"},
		"the client gives up":                       {talk: "> S 0 | syn_sent\n> R 1 | closed"},
		"the client, an acknowledgement of nothing": {talk: "> S 0 | syn_sent\n> RA 1 777 | closed"},
		"the client, wrong number":                  {talk: "> S 0 | syn_sent\n> R 99 | syn_sent, left out"},
		"after SYN+ACK":                             {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> R 1 | closed"},
		"after SYN+ACK, wrong number":               {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> R 99 | syn_recv, left out"},
		"after SYN+ACK, wrong acknowledgement":      {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> RA 1 70000 | syn_recv, left out, pkt_invalid_ack, rst_invalid_ack"},
		"again":                                     {talk: open + "> R 11 | closed\n> R 11 | closed"},
		"who goes on did not send it":               {talk: open + "> R 11 | closed\n> A 11 11 len=5 | closed, left out, suspected_rst_inject"},
		"an acknowledgement may follow":             {talk: open + "> R 11 | closed\n> A 11 11 | closed"},
		"the other side did not get it":             {talk: open + "> R 11 | closed\n< A 11 11 len=5 | established"},
		"old stamp":                                 {talk: "> S 0 ts=9 | syn_sent\n< SA 0 1 ts=9 | syn_recv\n> A 1 1 ts=9 | established\n> R 1 ts=1 | established, left out, pkt_invalid_timestamp"},
		"in a half-closed connection":               {talk: open + "> FA 11 11 | close_wait\n< RA 11 12 | closed"},
	}.play(t)
}

// PAWS: RFC 7323 section 5.
func TestTimeStamps(t *testing.T) {
	t.Parallel()
	both := "> S 0 ts=100 | syn_sent\n< SA 0 1 ts=900 | syn_recv\n> A 1 1 ts=101 | established\n"
	conversations{
		"older":                                   {talk: both + `> A 1 1 len=5 ts=50 | established, left out, pkt_invalid_timestamp`},
		"the same":                                {talk: both + "> A 1 1 len=5 ts=101 | established\n> A 6 1 len=5 ts=101 | established"},
		"wraps around":                            {talk: "> S 0 ts=0xfffffff0 | syn_sent\n< SA 0 1 ts=1 | syn_recv\n> A 1 1 ts=0xfffffff1 | established\n> A 1 1 len=5 ts=3 | established"},
		"older after a long quiet":                {talk: both + `> A 1 1 len=5 ts=50 at=2073603 | established`},
		"newer after a long quiet":                {talk: both + "> A 1 1 len=5 ts=200 at=2073603 | established\n> A 6 1 len=5 ts=150 at=2073604 | established, left out, pkt_invalid_timestamp"},
		"out of order after a long quiet":         {talk: both + `> A 6 1 len=5 ts=50 at=2073603 | established, left out, pkt_invalid_timestamp`},
		"ahead of what is missing does not count": {talk: both + "> A 6 1 len=5 ts=500 | established\n> A 1 1 len=5 ts=102 | established"},
		"one side only":                           {talk: "> S 0 ts=100 | syn_sent\n< SA 0 1 | syn_recv\n> A 1 1 ts=101 | established\n> A 1 1 len=5 ts=50 | established"},
		"without, later":                          {talk: both + `> A 1 1 len=5 | established`},
		"old FIN":                                 {talk: both + `> FA 1 1 ts=50 | established, left out, pkt_invalid_timestamp`},
		"of the server":                           {talk: both + `< A 1 1 len=5 ts=1 | established, left out, pkt_invalid_timestamp`},
	}.play(t)
}

// RFC 9293 section 3.8.4 and 3.8.6.1.
func TestKeepAliveAndWindow(t *testing.T) {
	t.Parallel()
	conversations{
		"keep-alive and its answer":      {talk: open + "> A 10 11 | established, probe\n< A 11 11 | established"},
		"keep-alive with a byte":         {talk: open + "> A 10 11 len=1 | established, probe\n> A 11 11 len=5 | established"},
		"keep-alive without the flag":    {talk: open + "> - 10 11 | established, left out, pkt_broken_ack"},
		"shrinks without the flag":       {talk: open + "> - 500 500 win=100 | established, left out, pkt_broken_ack"},
		"keep-alive of the server":       {talk: open + `< A 10 11 | established, probe`},
		"two bytes are data":             {talk: open + `> A 9 11 len=2 | established, pkt_retransmission`},
		"closed window, probed":          {talk: open + "< A 11 11 win=0 | established\n> A 11 11 len=1 | established"},
		"closed window, ignored":         {talk: "> S 0 | syn_sent\n< SA 0 1 win=10 | syn_recv\n> A 1 1 | established\n> A 1 1 len=10 | established\n> A 11 1 len=2 | established, left out, est_packet_out_of_window"},
		"opened again":                   {talk: "> S 0 | syn_sent\n< SA 0 1 win=0 | syn_recv\n> A 1 1 | established\n< A 1 1 win=10 | established\n> A 1 1 len=10 | established"},
		"shrunk window, sent before":     {talk: open + "< A 11 11 win=10 | established\n> A 11 11 len=1000 | established"},
		"scaled":                         {talk: "> S 0 scale=3 | syn_sent\n< SA 0 1 win=10 scale=4 | syn_recv\n> A 1 1 | established\n< A 1 1 win=10 | established\n> A 1 1 len=160 | established"},
		"not in the handshake":           {talk: "> S 0 scale=3 | syn_sent\n< SA 0 1 win=10 scale=4 | syn_recv\n> A 1 1 | established\n> A 1 1 len=160 | established, left out, est_packet_out_of_window"},
		"scaled by one side":             {talk: "> S 0 | syn_sent\n< SA 0 1 win=10 scale=4 | syn_recv\n> A 1 1 | established\n< A 1 1 win=10 | established\n> A 1 1 len=160 | established, left out, est_packet_out_of_window"},
		"scaled by a second SYN+ACK":     {talk: "> S 0 scale=4 win=10 | syn_sent\n< SA 0 1 | syn_recv\n< SA 50 1 scale=1 | syn_recv\n> A 1 51 win=10 | established\n< A 51 1 len=160 | established"},
		"scale above 14 is 14":           {talk: "> S 0 scale=200 | syn_sent\n< SA 0 1 win=1 scale=200 | syn_recv\n> A 1 1 | established\n< A 1 1 win=1 | established\n> A 1 1 len=16384 | established\n> A 16385 1 len=1 | established, left out, est_packet_out_of_window"},
		"shrinks with unsent numbers":    {talk: open + `> A 500 500 win=100 | established, pkt_bad_window_update`},
		"small one shrinks":              {talk: open + "> A 11 11 win=1000 | established\n> A 500 20 win=100 | established, pkt_bad_window_update"},
		"filled by what it acknowledges": {talk: open + `> A 500 500 win=7500 | established`},
	}.play(t)
}

func TestClosing(t *testing.T) {
	t.Parallel()
	conversations{
		"client first": {talk: open + `
			> FA 11 11 | close_wait
			< A 11 12  | close_wait
			< FA 11 12 | last_ack
			> A 12 12  | closed`},
		"server first": {talk: open + `
			< FA 11 11 | fin_wait1
			> A 11 12  | fin_wait2
			> FA 11 12 | time_wait
			< A 12 12  | closed`},
		"server first, in three": {talk: open + `
			< FA 11 11 | fin_wait1
			> FA 11 12 | time_wait
			< A 12 12  | closed`},
		"both at once": {talk: open + `
			< FA 11 11 | fin_wait1
			> F 11     | closing
			< A 11 12  | time_wait
			> A 12 12  | closed`},
		"the server has more to say": {talk: open + `
			> FA 11 11       | close_wait
			< A 11 12 len=50 | close_wait
			> A 12 61        | close_wait
			< FA 61 12 len=9 | last_ack
			> A 12 71        | closed`},
		"the client has more to say": {talk: open + `
			< FA 11 11       | fin_wait1
			> A 11 12 len=50 | fin_wait2
			> A 61 12 len=50 | fin_wait2
			> FA 111 12      | time_wait
			< A 12 112       | closed`},
		"with the last data":         {talk: open + `> FA 11 11 len=5 | close_wait`},
		"before data is there":       {talk: open + "> FA 31 11 | close_wait\n> A 11 11 len=20 | close_wait"},
		"FIN in the past":            {talk: open + "> FA 5 11 | established, left out, fin_out_of_window\n> A 11 11 len=5 | established"},
		"FIN out of the window":      {talk: open + `> FA 9000 11 | established, left out, fin_out_of_window`},
		"FIN, wrong acknowledgement": {talk: open + `> FA 11 70000 | established, left out, pkt_invalid_ack, fin_invalid_ack`},
		"SYN in a closing one":       {talk: open + "> FA 11 11 | close_wait\n> S 0 | close_wait, left out, shutdown_syn_resend"},
	}.play(t)
}

// What does not fit in each of the states behind a FIN.
func TestClosingWrong(t *testing.T) {
	t.Parallel()
	var (
		closeWait = open + "> FA 11 11 | close_wait\n"
		finWait1  = open + "< FA 11 11 | fin_wait1\n"
		finWait2  = finWait1 + "> A 11 12 | fin_wait2\n"
		lastAck   = closeWait + "< FA 11 12 | last_ack\n"
		timeWait  = finWait1 + "> FA 11 12 | time_wait\n"
		closing   = finWait1 + "> F 11 | closing\n"
	)
	conversations{
		"close_wait, old data":          {talk: closeWait + `> A 1 11 len=5 | close_wait, left out, pkt_retransmission, closewait_pkt_before_last_ack`},
		"close_wait, out of the window": {talk: closeWait + `< A 9000 12 len=5 | close_wait, left out, closewait_ack_out_of_window`},
		"close_wait, acknowledgement":   {talk: closeWait + `< A 11 70000 | close_wait, left out, pkt_invalid_ack, closewait_invalid_ack`},
		"close_wait, FIN in the past":   {talk: closeWait + `< FA 5 12 | close_wait, left out, closewait_fin_out_of_window`},
		"close_wait, FIN, acknowledges": {talk: closeWait + `< FA 11 70000 | close_wait, left out, pkt_invalid_ack, closewait_invalid_ack`},
		"close_wait, FIN again":         {talk: closeWait + `> FA 11 11 | close_wait`},
		"close_wait, no flag":           {talk: closeWait + `< - 11 | close_wait`},
		"fin_wait1, acknowledgement":    {talk: finWait1 + `> A 11 70000 | fin_wait1, left out, pkt_invalid_ack, fin1_invalid_ack`},
		"fin_wait1, out of the window":  {talk: finWait1 + `> A 9000 12 len=5 | fin_wait1, left out, fin1_ack_wrong_seq`},
		"fin_wait1, FIN in the past":    {talk: finWait1 + `> FA 5 12 | fin_wait1, left out, fin1_fin_wrong_seq`},
		"fin_wait1, FIN, acknowledges":  {talk: finWait1 + `> FA 11 70000 | fin_wait1, left out, pkt_invalid_ack, fin1_invalid_ack`},
		"fin_wait1, FIN again":          {talk: finWait1 + `< FA 11 11 | fin_wait1`},
		"fin_wait1, no flag":            {talk: finWait1 + `> - 11 | fin_wait1`},
		"fin_wait2, acknowledgement":    {talk: finWait2 + `> A 11 70000 | fin_wait2, left out, pkt_invalid_ack, fin2_invalid_ack`},
		"fin_wait2, out of the window":  {talk: finWait2 + `> A 9000 12 len=5 | fin_wait2, left out, fin2_ack_wrong_seq`},
		"fin_wait2, FIN in the past":    {talk: finWait2 + `> FA 5 12 | fin_wait2, left out, fin2_fin_wrong_seq`},
		"fin_wait2, FIN, acknowledges":  {talk: finWait2 + `> FA 11 70000 | fin_wait2, left out, pkt_invalid_ack, fin2_invalid_ack`},
		"fin_wait2, FIN again":          {talk: finWait2 + `< FA 11 11 | fin_wait2`},
		"fin_wait2, no flag":            {talk: finWait2 + `> - 11 | fin_wait2`},
		"last_ack, acknowledgement":     {talk: lastAck + `> A 12 70000 | last_ack, left out, pkt_invalid_ack, lastack_invalid_ack`},
		"last_ack, wrong number":        {talk: lastAck + `> A 99 12 | last_ack, left out, lastack_ack_wrong_seq`},
		"last_ack, FIN again":           {talk: lastAck + `< FA 11 12 | last_ack`},
		"last_ack, SYN":                 {talk: lastAck + `> S 0 | last_ack, left out, shutdown_syn_resend`},
		"time_wait, wrong number":       {talk: timeWait + `< A 99 12 | time_wait, left out, timewait_ack_wrong_seq`},
		"time_wait, acknowledgement":    {talk: timeWait + `< A 12 70000 | time_wait, left out, pkt_invalid_ack, timewait_invalid_ack`},
		"time_wait, FIN again":          {talk: timeWait + `> FA 11 12 | time_wait`},
		"closing, wrong number":         {talk: closing + `< A 99 12 | closing, left out, closing_ack_wrong_seq`},
		"closing, acknowledgement":      {talk: closing + `< A 11 70000 | closing, left out, pkt_invalid_ack, closing_invalid_ack`},
		"closing, FIN again":            {talk: closing + `< FA 11 11 | closing`},
	}.play(t)
}

// Connections of which the beginning, or one side, was not seen.
func TestMidstream(t *testing.T) {
	t.Parallel()
	mid, one := Config{Midstream: true}, Config{OneSided: true}
	conversations{
		"data":                           {mid, "> A 100 500 len=5 | established\n< A 500 105 len=5 | established"},
		"data of the server":             {mid, "< A 500 100 len=5 | established\n> A 100 505 | established"},
		"SYN+ACK":                        {mid, "< SA 0 1 | syn_recv\n> A 1 1 | established"},
		"FIN of the client":              {mid, "> FA 100 500 | close_wait"},
		"FIN of the server":              {mid, "< FA 100 500 | fin_wait1"},
		"any window fits":                {mid, "> A 100 500 | established\n> A 900000000 500 len=5 | established"},
		"FIN that acknowledges nothing":  {mid, `> F 100 | none, left out`},
		"data that acknowledges nothing": {mid, `> - 100 len=5 | none, left out`},
		"RST is nothing":                 {mid, "> R 100 | none, left out, rst_but_no_session"},
		"a SYN is the beginning":         {mid, open},
		"acknowledges more than it":      {mid, "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> A 1 100 len=5 | established"},
		"one side only":                  {one, "> S 0 | syn_sent\n> A 1 1 len=5 | established\n> A 6 90 len=5 | established\n> FA 11 90000 | close_wait"},
		"one side, SYN+ACK":              {one, "< SA 0 1 | syn_recv\n< A 1 6 len=5 | established"},
	}.play(t)
}

// FuzzSegments: no segments panic; every event is one that rules can name; and what is
// made of them does not depend on the numbers with which the sides begin.
func FuzzSegments(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x01\x12\x00\x01\x00\x00\x00\x10\x01\x01\x00\x00\x00\x10\x01\x01\x05\x00\x01\x11\x01\x06\x00\x00"), uint32(0), uint32(0), uint8(0))
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x01\x02\x00\x01\x00\x00\x00\x12\x00\x01\x00\x00\x01\x10\x01\x01\x05\x00\x01\x14\x06\x01\x00\x00"), uint32(1<<31), uint32(0xffff_fff0), uint8(1))
	f.Add([]byte("\x80\x02\x00\x00\x00\x09\x81\x12\x00\x01\x00\x09\x80\x10\x01\x01\x00\x0a\x80\x10\x01\x01\x05\x02\x80\x14\x06\x01\x00\x0b"), uint32(7), uint32(0xffff_ffff), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, client, server uint32, how uint8) {
		c := Config{Midstream: how&1 != 0, Inline: how&2 != 0, OneSided: how&4 != 0}
		var plain, moved Session
		for ; len(b) >= 6; b = b[6:] {
			// Signed, so that numbers before the first occur as well.
			seq, acked := uint32(int8(b[2])), uint32(int8(b[3]))
			if b[0]&2 != 0 {
				seq, acked = seq<<10, acked<<10
			}
			g := Segment{Dir: int(b[0] & 1), Flags: b[1], Seq: seq, Len: int(b[4]), Window: uint16(b[5]) << 4, HasTime: b[0]&0x80 != 0, Time: uint32(b[5]),
				HasScale: b[0]&0x40 != 0, Scale: b[5], FastOpen: b[0]&0x20 != 0, ArrivedSec: int64(b[0]&0x1c) << 18}
			h := g
			h.Seq += [2]uint32{client, server}[g.Dir]
			if g.Flags&ack != 0 {
				g.Ack = acked
				h.Ack = acked + [2]uint32{server, client}[g.Dir]
			}
			one, other := made(&plain, plain.Segment(&g, &c)), made(&moved, moved.Segment(&h, &c))
			if one != other {
				t.Fatalf("%+v: %s, with other first numbers %s", g, one, other)
			}
			for _, e := range plain.Events() {
				if !rule.KnownEvent(e) {
					t.Fatalf("rules cannot name the event %s", e)
				}
			}
			if plain.Probe && g.Len > 1 {
				t.Fatalf("%d bytes are taken for a probe", g.Len)
			}
			if len(plain.seen().offers) > maxOthers {
				t.Fatal("offers without bound")
			}
		}
	})
}
