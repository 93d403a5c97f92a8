// Package browser tests what people see, in a real browser: a centre runs in the
// test's own process, boxes replay recorded attacks to it, mails arrive in a real
// SMTP server, and Chromium is driven through portal, console and mails.
//
// It needs Chromium; the accessibility check needs npm besides, for axe-core (see
// package.json). Without them the tests say so and are skipped. With
// OTASUKE_SCREENSHOTS=dir the test TestScreenshots draws every page into dir.
package browser
