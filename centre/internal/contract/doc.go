// Package contract brings a stranger to a customer and, one day, to a former one: an application
// with its paper, the contract that comes of it, and every step with who, when and why.
//
//	entered → papers → review → founding ┬→ contracted → shipped → installed → active → ended → returned
//	            ↑________|               └ the company exists from here on
//	      any before founding → withdrawn
//
// An application belongs to the centre itself, since there is no company yet; who applies has a link with a secret. A
// contract belongs to its company. Between them is one job, founding, that can be done again at any point: the
// process may die in it, and nothing is lost or made twice.
//
// What was offered and agreed is [content/offer]'s version, by its id; prices are never copied here.
//
// Level 4.
package contract
