using System.Text;

namespace Posthorn.ProtocolTests.Dialogs;

/// <summary>Compares an expected line with what came: <c>~</c> leaves the rest, <c>${name}</c> keeps a word or wants the one kept.</summary>
internal sealed class DialogPattern(Dictionary<string, string> kept)
{
    // What ends a kept word.
    private const string Stops = " )]}>,\"";

    public string Fill(string text)
    {
        var filled = new StringBuilder();
        for (int at = 0; at < text.Length;)
        {
            if (Variable(text, at) is { } variable)
            {
                filled.Append(kept.TryGetValue(variable, out string? value) ? value : throw new KeyNotFoundException($"${{{variable}}} was never seen"));
                at += variable.Length + 3;
            }
            else
            {
                filled.Append(text[at++]);
            }
        }

        return filled.ToString();
    }

    public bool Matches(string expected, string line)
    {
        var seen = new Dictionary<string, string>();
        int at = 0;
        for (int i = 0; i < expected.Length;)
        {
            if (expected[i] == '~' && i == expected.Length - 1)
            {
                return Keep(seen);
            }

            if (Variable(expected, i) is { } variable)
            {
                int end = at < line.Length ? line.IndexOfAny(Stops.ToCharArray(), at) : at;
                string word = line[at..(end < 0 ? line.Length : end)];
                string? known = kept.GetValueOrDefault(variable) ?? seen.GetValueOrDefault(variable);
                if (word.Length == 0 || (known is not null && known != word))
                {
                    return false;
                }

                seen[variable] = word;
                at += word.Length;
                i += variable.Length + 3;
                continue;
            }

            if (at >= line.Length || line[at] != expected[i])
            {
                return false;
            }

            at++;
            i++;
        }

        return at == line.Length && Keep(seen);
    }

    private bool Keep(Dictionary<string, string> seen)
    {
        foreach ((string name, string value) in seen)
        {
            kept[name] = value;
        }

        return true;
    }

    private static string? Variable(string text, int at) =>
        text.AsSpan(at).StartsWith("${") && text.IndexOf('}', at) is > 0 and int end ? text[(at + 2)..end] : null;
}
