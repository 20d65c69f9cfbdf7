using System.Reflection;

namespace Posthorn.Tests.Standards;

/// <summary>A file of cases: "## name" begins a section, its lines are zone text, "> …" lines are the cases.</summary>
internal static class CaseTable
{
    /// <param name="name">The end of the resource's name, "Spf.rfc7208.table".</param>
    public static IEnumerable<(string Section, string Zone, string Case)> Read(string name)
    {
        Assembly assembly = typeof(CaseTable).Assembly;
        string resource = assembly.GetManifestResourceNames().Single(full => full.EndsWith(name, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        string section = "";
        var zone = new List<string>();
        var cases = new List<string>();
        while (true)
        {
            string? line = reader.ReadLine();
            if (line is null || line.StartsWith("## ", StringComparison.Ordinal))
            {
                foreach (string text in cases)
                {
                    yield return (section, string.Join('\n', zone), text);
                }
                if (line is null)
                {
                    yield break;
                }
                section = line[3..];
                zone.Clear();
                cases.Clear();
            }
            else if (line.StartsWith("> ", StringComparison.Ordinal))
            {
                cases.Add(line[2..]);
            }
            else
            {
                zone.Add(line);
            }
        }
    }
}
