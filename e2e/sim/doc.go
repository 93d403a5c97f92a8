// Package sim pretends to be many boxes: they claim, tell how they are, wait for questions and send
// events over the real protocol, each with a key and a connection of its own, to a centre that runs
// already or one that is started for it.
//
// What it says of lost and doubled alerts is counted at both ends: each event of an attacked
// device names a device of its own, so each must become exactly one mail.
package sim
