// Package advisory compares what makers and agencies warn of with the devices of every company. There are three answers: it
// concerns the device, it does not, or one question to the owner decides, which a photo of the label answers as well.
//
// What concerns a company becomes something to do in its portal and one mail; it ends when a box sees a new version or somebody of
// the company says so, and begins again when a box sees the old one after that. An advisory goes out once, when an operator has
// seen whom it concerns, and can be taken back.
//
// Level 4.
package advisory
