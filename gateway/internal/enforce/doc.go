// Package enforce makes the kernel send traffic through the engine, and undoes it.
//
// Wanted state is a [Config]; [Rules] turns it into the text that the kernel's
// tools read (pure, golden-tested), [Up] and [Down] apply it. Mechanisms, best first:
//
//   - nftables, bridge family, "queue num … bypass" with bridge connection
//     tracking (CONFIG_NFT_QUEUE and CONFIG_NF_CONNTRACK_BRIDGE);
//   - br_netfilter with xtables NFQUEUE, for kernels without them.
//
// Invariants: the bridge forwards before our process is up and after it is gone;
// no listener means no inspection, never no traffic ("queue bypass"); Down leaves the
// bridge and takes away every rule of ours and nothing else.
package enforce
