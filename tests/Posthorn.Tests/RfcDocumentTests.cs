using System.Text.RegularExpressions;
using Posthorn.Server.Imap;

namespace Posthorn.Tests;

/// <summary>docs/rfc.md against the source: no RFC is cited that it does not know, and it claims nothing that is not there.</summary>
public sealed partial class RfcDocumentTests
{
    private static readonly string[] Statuses = ["Yes", "Partial", "No", "Used"];

    private static readonly Lazy<IReadOnlyDictionary<int, RfcRow>> Table = new(() =>
        Row().Matches(Document()).Select(match => new RfcRow(
            int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), match.Groups[2].Value, Names(match.Groups[3].Value), Names(match.Groups[4].Value)))
        .ToDictionary(row => row.Number));

    [Fact]
    public void Every_cited_rfc_has_a_row_and_every_row_is_cited()
    {
        int[] cited = [.. Sources().SelectMany(text => Citation().Matches(text)).Select(match => Number(match.Groups[1])).Distinct().Order()];
        Assert.Equal(cited, Table.Value.Keys.Order());
        Assert.All(Table.Value.Values, row => Assert.Contains(row.Status, Statuses));
    }

    [Fact]
    public void Every_row_names_folders_that_cite_it()
    {
        foreach (RfcRow row in Table.Value.Values)
        {
            foreach (string folder in row.Folders)
            {
                string path = folder.StartsWith("src/", StringComparison.Ordinal) ? folder : "src/Posthorn." + folder;
                Assert.True(
                    Repository.Files(path, ".cs").Any(file => Regex.IsMatch(File.ReadAllText(file), $@"RFC {row.Number}\b")), $"Nothing in {path} cites RFC {row.Number}.");
            }
        }
    }

    [Fact]
    public void What_is_implemented_names_tests_that_exist()
    {
        HashSet<string> tests = [.. Repository.Files("tests", ".cs", ".dialog").Select(file => Path.GetFileName(file).Replace(".cs", "", StringComparison.Ordinal))];
        foreach (RfcRow row in Table.Value.Values)
        {
            Assert.All(row.Tests, name => Assert.Contains(name, tests));
            Assert.True(row.Status == "No" || row.Tests.Count > 0, $"RFC {row.Number} is {row.Status} and names no test.");
        }
    }

    [Theory]
    [InlineData("Deviates from", "## Deviations")]
    [InlineData("Not implemented:", "## Not implemented")]
    public void Deviations_and_gaps_of_the_source_are_listed(string words, string heading)
    {
        string section = Document().Split(heading)[1].Split("\n## ")[0];
        string[] listed = [.. Regex.Matches(section, @"^- (RFC \d+ §[\w.]+)", RegexOptions.Multiline).Select(match => Place(match.Groups[1].Value)).Order(StringComparer.Ordinal)];
        string[] said = [.. Sources().SelectMany(text => Regex.Matches(text, $@"{words} (RFC \d+ §[\w.]+)")).Select(match => Place(match.Groups[1].Value)).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(said);
        Assert.Equal(said, listed);
    }

    [Fact]
    public void What_imap_advertises_is_marked_as_implemented()
    {
        foreach (ImapCapability capability in ImapCapabilities.All)
        {
            int number = Number(Citation().Match(capability.Source).Groups[1]);
            Assert.True(
                Table.Value[number].Status == "Yes" || (capability.Name, number) is ("CONDSTORE", 7162) or ("ESORT", 5267) or (_, 9051), $"{capability.Name} is advertised; RFC {number} is {Table.Value[number].Status}.");
        }
    }

    /// <summary>Capabilities of sign-in: their exchanges need computed proofs or certificates, which a dialog has not.</summary>
    private static readonly int[] WithoutDialog = [4422, 7677];

    [Fact]
    public void What_imap_advertises_has_a_dialog_that_cites_it()
    {
        Dictionary<string, string> dialogs = Repository.Files("tests/Posthorn.ProtocolTests/Imap", ".dialog").ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        foreach (int number in ImapCapabilities.All.Select(capability => Number(Citation().Match(capability.Source).Groups[1])).Distinct().Except(WithoutDialog))
        {
            Assert.True(
                Table.Value[number].Tests.Any(name => dialogs.TryGetValue(name, out string? text) && Regex.IsMatch(text, $@"RFC {number}\b")),
                $"The row of RFC {number} names no dialog that cites it.");
        }
    }

    /// <summary>The examples of an RFC stand in a file of its name; its row names it, and it says which sections they are from.</summary>
    [Fact]
    public void Dialogs_of_examples_are_named_by_their_rfc_and_in_its_row()
    {
        foreach (string file in Repository.Files("tests/Posthorn.ProtocolTests/Imap/Examples", ".dialog"))
        {
            int number = int.Parse(Path.GetFileNameWithoutExtension(file).AsSpan("rfc".Length), System.Globalization.CultureInfo.InvariantCulture);
            Assert.StartsWith($"# RFC {number} §", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Contains(Path.GetFileName(file), Table.Value[number].Tests);
        }
    }

    /// <summary>What stands in the answers to EHLO and CAPA, each with the RFC that defines it.</summary>
    public static TheoryData<string, Dictionary<string, int>> Advertised => new()
    {
        {
            "src/Posthorn.Server/Smtp/EhloReplies.cs",
            new()
            {
                ["PIPELINING"] = 2920,
                ["SIZE"] = 1870,
                ["8BITMIME"] = 6152,
                ["SMTPUTF8"] = 6531,
                ["CHUNKING"] = 3030,
                ["BINARYMIME"] = 3030,
                ["ENHANCEDSTATUSCODES"] = 2034,
                ["DSN"] = 3461,
                ["LIMITS"] = 9422,
                ["STARTTLS"] = 3207,
                ["REQUIRETLS"] = 8689,
                ["AUTH"] = 4954,
                ["FUTURERELEASE"] = 4865,
            }
        },
        {
            "src/Posthorn.Server/Pop3/Commands/Capa.cs",
            new()
            {
                ["TOP"] = 2449,
                ["UIDL"] = 2449,
                ["RESP-CODES"] = 2449,
                ["AUTH-RESP-CODE"] = 3206,
                ["PIPELINING"] = 2449,
                ["EXPIRE"] = 2449,
                ["UTF8"] = 6856,
                ["LANG"] = 6856,
                ["IMPLEMENTATION"] = 2449,
                ["USER"] = 2449,
                ["SASL"] = 5034,
                ["STLS"] = 2595,
            }
        },
    };

    [Theory]
    [MemberData(nameof(Advertised))]
    public void What_smtp_and_pop3_advertise_is_marked_as_implemented(string file, Dictionary<string, int> sources)
    {
        HashSet<string> advertised = [.. Keyword().Matches(File.ReadAllText(Repository.PathOf(file))).Select(match => match.Groups[1].Value)];
        Assert.Superset(sources.Keys.ToHashSet(), advertised);
        Assert.Empty(advertised.Except(sources.Keys).Except(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "CAPA"]));
        Assert.All(sources, keyword => Assert.Equal("Yes", Table.Value[keyword.Value].Status));
    }

    /// <summary>Where the texts lie beside the repository, each cited section must exist in them.</summary>
    [Fact]
    public void Cited_sections_exist_where_the_texts_are_at_hand()
    {
        string texts = Path.GetFullPath(Repository.PathOf("../shared/rfc"));
        Assert.SkipUnless(Directory.Exists(texts), "The RFC texts do not lie beside this clone.");
        var wrong = new List<string>();
        foreach (string file in Repository.Files("src", ".cs"))
        {
            foreach (Match match in SectionCitation().Matches(File.ReadAllText(file)))
            {
                string text = Path.Combine(texts, $"rfc{Number(match.Groups[1]):0000}.txt"), section = match.Groups[2].Value.TrimEnd('.');
                if (File.Exists(text) && !Headings(text).Contains(section))
                {
                    wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: RFC {match.Groups[1].Value} §{section}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Distinct()));
    }

    private static readonly Dictionary<string, HashSet<string>> HeadingCache = [];

    private static HashSet<string> Headings(string path)
    {
        if (!HeadingCache.TryGetValue(path, out HashSet<string>? headings))
        {
            headings = [.. Heading().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value.TrimEnd('.'))];
            HeadingCache[path] = headings;
        }

        return headings;
    }

    private static IEnumerable<string> Sources() => Repository.Files("src", ".cs").Select(File.ReadAllText);

    private static string Document() => File.ReadAllText(Repository.PathOf("docs/rfc.md"));

    private static string Place(string citation) => citation.TrimEnd('.');

    private static int Number(Group digits) => int.Parse(digits.Value, System.Globalization.CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> Names(string cell) =>
        [.. cell.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => name.Trim('`'))];

    [GeneratedRegex(@"^\| (\d+) \| [^|]+ \| (\w+) \| ([^|]*) \| ([^|]*) \| [^|]*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"RFC (\d+)")]
    private static partial Regex Citation();

    [GeneratedRegex(@"RFC (\d+) §([\w.]+)")]
    private static partial Regex SectionCitation();

    // "SIZE {…}", $"AUTH {…}": what begins a string and is in capitals.
    [GeneratedRegex(@"(?<=\$?"")([A-Z0-9][A-Z0-9-]{2,})(?=["" ])")]
    private static partial Regex Keyword();

    // "6.4.6.  STORE Command", "   4.1.1 Extended HELLO", "Appendix A.", "A.1.  Example", also in the table of contents.
    [GeneratedRegex(@"^ {0,8}(?:Appendix )?([A-Z]?\d*(?:\.\d+)*\.?)(?=[ :])", RegexOptions.Multiline)]
    private static partial Regex Heading();

    private sealed record RfcRow(int Number, string Status, IReadOnlyList<string> Folders, IReadOnlyList<string> Tests);
}
