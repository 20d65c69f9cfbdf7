#!/usr/bin/env python3
"""Does the same work on several targets, in turn within every round, and prints figures and ratios."""
import argparse
import json
import os
import resource
import statistics
import sys
import time

import measures
from target import Target

# What is better when it is larger, for the word behind the ratio.
LARGER_IS_BETTER = ("per_s",)
FIGURES_LEFT_OUT = ("messages", "logins", "connections", "listeners", "generator_share")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="+", help="target.json files; the first is the peer")
    parser.add_argument("--only", default="", help="measures whose names begin so, separated by commas")
    parser.add_argument("--seconds", type=float, default=8, help="aim of each timed piece of work")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--warm-up", type=float, default=2, help="seconds of each measure that every target does first, not counted (0: none)")
    parser.add_argument("--out", default="", help="file for all results as JSON")
    parser.add_argument("--list", action="store_true", help="print the names of the measures")
    options = parser.parse_args()
    targets = [] if options.list else named_apart([Target(path) for path in options.targets])
    wanted = [word.strip() for word in options.only.split(",") if word.strip()]
    every = {**measures.ALL, **measures.ON_REQUEST}
    names = [name for name in (every if wanted else measures.ALL) if not wanted or any(name.startswith(word) for word in wanted)]
    if options.list or not names:
        print("\n".join(every))
        return 0 if options.list else 2
    # Thousands of connections, a descriptor each.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in names if options.warm_up else []:
        for target in targets:
            every[name](target, options.warm_up)
    results = {name: {target.name: [] for target in targets} for name in names}
    for round_number in range(options.rounds):
        for name in names:
            order = targets if round_number % 2 == 0 else targets[::-1]
            for target in order:
                begin = time.monotonic()
                results[name][target.name].append(every[name](target, options.seconds))
                print("%s, %s: %.0f s" % (name, target.name, time.monotonic() - begin), file=sys.stderr, flush=True)
    if options.out:
        with open(options.out, "w") as file:
            json.dump({"targets": [vars(target) for target in targets], "seconds": options.seconds, "results": results}, file, indent=1)
    print_table(targets, results, options)
    return 0


def named_apart(targets):
    """Figures are kept by name: two targets with one name would have theirs pooled."""
    names = [target.name for target in targets]
    for number, target in enumerate(targets, 1):
        if names.count(target.name) > 1:
            apart = "%s on %s" % (target.name, target.store)
            target.name = apart if [other.store for other in targets].count(target.store) == 1 else "%s (%d)" % (apart, number)
    return targets


def print_table(targets, results, options):
    for target in targets:
        print("- %s: passwords %s, key %s, store %s" % (target.name, target.scheme, target.key, target.store))
    print("- %d processors, %d rounds of %g s a measure after a warm-up of %g s, targets in turn; medians, in brackets the lowest and highest"
          % (os.cpu_count(), options.rounds, options.seconds, options.warm_up))
    print()
    print("| measure | figure | " + " | ".join(target.name for target in targets) + " | ratio |")
    print("|---|---|" + "---|" * (len(targets) + 1))
    for name, by_target in results.items():
        for figure in by_target[targets[0].name][0]:
            if figure in FIGURES_LEFT_OUT:
                continue
            values = [[run[figure] for run in by_target[target.name]] for target in targets]
            medians = [statistics.median(each) for each in values]
            cells = [shown(median, each) for median, each in zip(medians, values)]
            print("| %s | %s | %s | %s |" % (name, figure, " | ".join(cells), ratio(figure, medians)))


def shown(median, values):
    text = number(median)
    return text if len(values) == 1 else "%s (%s–%s)" % (text, number(min(values)), number(max(values)))


def number(value):
    return "%.0f" % value if value >= 100 else "%.3g" % value


def ratio(figure, medians):
    if len(medians) < 2 or not medians[0] or not medians[-1]:
        return ""
    if figure.endswith(LARGER_IS_BETTER):
        return "%.2f times" % (medians[-1] / medians[0])
    return "1/%.1f" % (medians[0] / medians[-1])


if __name__ == "__main__":
    sys.exit(main())
