using System.Globalization;
using Posthorn.Fuzz;

// posthorn's parsers against octets that nobody would send. One line a target; status 1 when one broke.
string? only = null, input = null;
string findings = "fuzz-findings";
double seconds = 10;
int seed = 1;
for (int at = 0; at < args.Length; at++)
{
    string Value() => at + 1 < args.Length ? args[++at] : throw new ArgumentException($"{args[at]} wants a value.");
    switch (args[at])
    {
        case "--target":
            only = Value();
            break;
        case "--seconds":
            seconds = double.Parse(Value(), CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(Value(), CultureInfo.InvariantCulture);
            break;
        case "--findings":
            findings = Value();
            break;
        case "--input":
            input = Value();
            break;
        default:
            Console.WriteLine($"""
                usage: Posthorn.Fuzz [--target NAME] [--seconds S] [--seed N] [--findings DIR] [--input FILE]
                  --seconds   time for each target (10)
                  --seed      what decides the inputs (1)
                  --findings  where inputs that break a target are kept
                  --input     run one file on the target instead
                targets: {string.Join(", ", Targets.All.Select(target => target.Name))}
                """);
            return args[at] == "--help" ? 0 : 2;
    }
}

Target[] chosen = [.. Targets.All.Where(target => only is null || target.Name == only)];
if (input is not null)
{
    chosen[0].Run(File.ReadAllBytes(input));
    return 0;
}

int broken = 0;
foreach (Target target in chosen)
{
    long? inputs = new Fuzzer(target, findings).Run(TimeSpan.FromSeconds(seconds), seed);
    Console.WriteLine(inputs is null ? $"fuzz {target.Name}: failed" : string.Create(CultureInfo.InvariantCulture, $"fuzz {target.Name}: passed, {inputs} inputs"));
    broken += inputs is null ? 1 : 0;
}

return broken == 0 && chosen.Length > 0 ? 0 : 1;
