using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Posthorn.Web.Texts;

/// <summary>Sentences in the language of the request. The English sentence is the key, so that a page reads as what it says.</summary>
/// <remarks>
/// Other languages lie in <c>Texts/TAG/AREA.json</c>: an object from English to that language, one file for each area of the pages. A test holds them against the
/// source: no sentence without its translation, none that is used no more, the same places to fill in. Keys are literals, never put together.
/// </remarks>
public sealed class TextTable
{
    private const string Folder = "texts/";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> Tables = ReadAll();

    /// <summary>The sentence as it is; English where a translation is missing.</summary>
    public string this[string english] =>
        Tables.TryGetValue(Language.Current, out FrozenDictionary<string, string>? table) && table.TryGetValue(english, out string? text) ? text : english;

    /// <summary>The sentence with {0}, {1} filled in by the rules of the request's culture.</summary>
    public string this[string english, params object?[] values] => string.Format(CultureInfo.CurrentCulture, this[english], values);

    private static FrozenDictionary<string, FrozenDictionary<string, string>> ReadAll()
    {
        Assembly assembly = typeof(TextTable).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Folder, StringComparison.Ordinal))
            .GroupBy(static name => name.Split('/')[1])
            .ToFrozenDictionary(
                static language => language.Key,
                language => language.SelectMany(name => Read(assembly, name)).DistinctBy(static text => text.Key).ToFrozenDictionary());
    }

    private static Dictionary<string, string> Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is missing in the build.");
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? [];
    }
}
