package ftpcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Data reads a data conversation.
type Data struct {
	sink    app.Sink
	tx      app.Tx
	command string
	name    []byte
	dir     int // in which contents go
	file    *app.File
	gap     bool
	done    bool
	closed  [2]bool
}

// NewData makes a reader of the conversation that e announced. Contents of an active
// conversation go the other way, because the server opened it.
func NewData(sink app.Sink, e app.Expected) *Data {
	d := &Data{sink: sink, command: string(e.Command), name: bytes.Clone(e.File), dir: app.ToClient}
	switch d.command {
	case "STOR", "STOU", "APPE":
		d.dir = app.ToServer
	}
	if e.FromServer {
		d.dir = 1 - d.dir
	}
	d.tx = app.Tx{Proto: rule.ProtoFTPData, Recorder: dataRecorder{}, User: d}
	for i := range d.tx.Sides {
		d.tx.Sides[i].Put(rule.FTPDataCommand, []byte(d.command))
	}
	return d
}

// named tells whether the contents are a file, not a listing.
func (d *Data) named() bool { return len(d.name) > 0 }

// Push implements [app.Reader].
func (d *Data) Push(dir int, b []byte) {
	if d.done || len(b) == 0 || dir != d.dir {
		return
	}
	d.begin()
	if d.file != nil {
		d.sink.WriteFile(d.file, b)
		app.MayEnd(d.sink, d.file, false) // only the end of the connection says so
	}
}

// begin opens the file with the first contents.
func (d *Data) begin() {
	if d.file == nil && d.named() {
		d.file = d.sink.OpenFile(&d.tx, d.dir, d.name)
		d.step()
	}
}

// Gap implements [app.Reader].
func (d *Data) Gap(dir, n int) {
	if d.done || dir != d.dir {
		return
	}
	d.begin()
	d.gap = true
	if d.file != nil {
		d.sink.GapFile(d.file, n)
	}
}

// Close implements [app.Reader].
func (d *Data) Close(dir int) {
	d.closed[dir] = true
	if d.done || dir != d.dir && !d.closed[d.dir] {
		return
	}
	d.done = true
	if d.file != nil {
		d.sink.CloseFile(d.file, d.gap)
	}
	for i := range d.tx.Sides {
		d.tx.Sides[i].Done = true
	}
	d.step()
	d.sink.Log(&d.tx, d.dir, "ftp_data")
}

func (d *Data) step() {
	d.sink.Step(&d.tx, app.ToServer)
	d.sink.Step(&d.tx, app.ToClient)
}

// DataRecord is the member "ftp_data" of EVE records.
type DataRecord struct {
	Filename string `json:"filename,omitempty"`
	Command  string `json:"command"`
}

type dataRecorder struct{}

// Record implements [app.Recorder].
func (dataRecorder) Record(tx *app.Tx) []app.Field {
	d := tx.User.(*Data)
	return []app.Field{{Name: "ftp_data", Value: DataRecord{Filename: string(d.name), Command: d.command}}}
}
