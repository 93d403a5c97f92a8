package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// lively of the customers have people, contracts, tickets and the rest; the others are there to be compared with.
	lively = 30
	// chamberOwner is the first of the lively ones'.
	chamberOwner = "owner1@sample.example"
	// unhurried is the priority with which the year is made up: what is measured beside it must not notice.
	unhurried = "19"
)

// chamber is a second centre, that of a chamber of commerce with customers and a year behind it.
type chamber struct {
	made   chan error // closed, or the error, when it can be looked at
	centre *process
}

// openChamber makes a centre up beside everything else.
func (d *demo) openChamber(ctx context.Context) error {
	dir := d.path("chamber")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := d.config(filepath.Join(dir, "centre.toml"), "みほん商工会議所", dir, portChamber, portChamberConsole, portChamberBoxes); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	c := &chamber{made: make(chan error, 1)}
	d.chamber = c
	ended := make(chan struct{})
	d.undo = append(d.undo, func() { stop(); <-ended })
	go func() {
		defer close(ended)
		c.made <- d.fillChamber(ctx, filepath.Join(dir, "centre.toml"))
		<-ctx.Done()
		if c.centre != nil {
			c.centre.stop()
		}
	}()
	return nil
}

func (d *demo) fillChamber(ctx context.Context, config string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	few := min(lively, d.Customers)
	for _, do := range [][2]string{
		{"sample", fmt.Sprintf(`{"lively":%d,"others":%d,"months":12,"password":%q}`, few, d.Customers-few, d.password)},
		{"add-operator", fmt.Sprintf(`{"Name":"相談窓口 野田","Email":%q,"Password":%q}`, operatorEmail, d.password)},
	} {
		cmd := exec.Command("nice", "-n", unhurried, exe, "centre", do[0], "-config", config)
		cmd.Stdin = strings.NewReader(do[1])
		p, err := d.start(cmd, nil) // it ends with us, however we do
		if err != nil {
			return err
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			p.stop()
		}
		if !cmd.ProcessState.Success() {
			return fmt.Errorf("demo: centre %s: %v", do[0], cmd.ProcessState)
		}
	}
	if d.chamber.centre, err = d.start(exec.Command(exe, "centre", "-config", config), nil); err != nil {
		return err
	}
	if !eventually(ctx, time.Minute, func() bool { return d.answers(d.addr(portChamber)) && d.answers(d.addr(portChamberConsole)) }) {
		return errors.New("demo: the second centre did not start; its log is above")
	}
	return nil
}

// showChamber waits until it can be looked at and says where.
func (d *demo) showChamber(ctx context.Context) error {
	if d.chamber == nil {
		return nil
	}
	select {
	case err := <-d.chamber.made:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return nil
	default:
		fmt.Fprintf(d.Out, "\nA chamber with %d customers and a year behind them is being made up; it takes about a minute …\n", d.Customers)
		select {
		case err := <-d.chamber.made:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
	fmt.Fprintf(d.Out, `
A chamber with %d made-up customers and a year behind them, to look round in:
  Portal (owner)    %s
                    login %s   password %s
  Console (staff)   %s
                    login %s   password %s
  For strangers     %sapply   %sstatistics
`, d.Customers, d.url(portChamber), chamberOwner, d.password, d.url(portChamberConsole), operatorEmail, d.password, d.url(portChamber), d.url(portChamber))
	return nil
}
