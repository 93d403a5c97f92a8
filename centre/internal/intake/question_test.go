package intake_test

import (
	"encoding/json"
	"testing"

	"otasuke/wire"
)

func (b *box) ask() []wire.Question {
	b.o.Helper()
	body, err := json.Marshal(wire.QuestionsRequest{Version: wire.Version})
	must(b.o.T, err)
	var got wire.Questions
	if _, refused := b.o.post(b.client, wire.PathQuestions, body, &got); refused != nil {
		b.o.Fatal(refused)
	}
	return got.Questions
}

func (b *box) answer(a wire.Answer) *wire.Error {
	b.o.Helper()
	var ack wire.Ack
	_, refused := b.o.post(b.client, wire.PathAnswers, pack(b.o.T, a), &ack)
	return refused
}

// A box hears only what its company asked it, and answers only that.
func TestQuestions(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		id, err := o.questions.Ask(o.Context(), o.own, b.id, "op-1", "reason", wire.Question{Traffic: &wire.TrafficQuery{MAC: "02:00:00:00:00:01"}})
		must(o.T, err)
		if got := b.ask(); len(got) != 1 || got[0].ID != id || got[0].Traffic.MAC != "02:00:00:00:00:01" {
			o.Fatalf("%+v", got)
		}
		if refused := other.answer(wire.Answer{Version: wire.Version, ID: id, Failed: "mine"}); refused != nil {
			o.Error(refused)
		}
		for what, a := range map[string]wire.Answer{
			"nothing in it": {Version: wire.Version, ID: id}, "another version": {Version: 99, ID: id, Failed: "x"},
			"an edge to nowhere": {Version: wire.Version, ID: id, Spread: &wire.SpreadAnswer{Devices: make([]wire.SpreadDevice, 1), Edges: []wire.SpreadEdge{{To: 1}}}},
			"too many rows":      {Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{Rows: make([]wire.TrafficRow, wire.MaxRows+1)}},
		} {
			if refused := b.answer(a); refused == nil {
				o.Errorf("%s is taken", what)
			}
		}
		q, err := o.questions.Get(o.Context(), o.own, id)
		if err != nil || q.Answer != nil {
			o.Errorf("%+v %v", q.Answer, err)
		}
		if refused := b.answer(wire.Answer{Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{Found: 3}}); refused != nil {
			o.Error(refused)
		}
		q, err = o.questions.Get(o.Context(), o.own, id)
		if err != nil || q.Answer == nil || q.Answer.Traffic.Found != 3 {
			o.Errorf("%+v %v", q.Answer, err)
		}
	})
}
