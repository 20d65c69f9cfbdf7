using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Posthorn.Configuration;

namespace Posthorn.Tests.Configuration;

/// <summary>docs/configuration.md says every key with its default, and none that does not exist.</summary>
public sealed partial class ConfigurationDocumentTests
{
    [Fact]
    public void The_document_lists_every_key_with_its_default()
    {
        var documented = Rows().ToDictionary(row => row.Key, row => row.Default);
        Assert.Equal(Keys(typeof(PosthornOptions), new PosthornOptions(), "").Order(), documented.Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public void The_document_lists_every_listener()
    {
        string[] listeners = [.. typeof(ListenerSet).GetProperties().Select(property => KeyOf(property.Name))];
        string[] documented = [.. Listener().Matches(Text()).Select(match => match.Groups[1].Value)];
        Assert.Equal(listeners, documented);
    }

    private static IEnumerable<(string Key, string Default)> Keys(Type type, object values, string prefix)
    {
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
        {
            string key = prefix + KeyOf(property.Name);
            object? value = property.GetValue(values);
            if (property.PropertyType == typeof(ListenerSet))
            {
                foreach ((string, string) nested in Keys(typeof(ListenerOptions), new ListenerOptions(), key + ".NAME."))
                {
                    yield return nested;
                }
            }
            else if (property.PropertyType == typeof(string) || property.PropertyType.IsPrimitive)
            {
                string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                yield return (key, text switch { "" => "(empty)", "True" => "`true`", "False" => "`false`", _ => $"`{text}`" });
            }
            else if (value is ICollection list)
            {
                Assert.Empty(list);
                yield return (key, "(none)");
            }
            else
            {
                foreach ((string, string) nested in Keys(property.PropertyType, value!, key + "."))
                {
                    yield return nested;
                }
            }
        }
    }

    private static IEnumerable<(string Key, string Default)> Rows() =>
        Row().Matches(Text()).Where(match => !char.IsAsciiDigit(match.Groups[2].Value[0])).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    private static string Text() => File.ReadAllText(Repository.PathOf("docs/configuration.md"));

    private static string KeyOf(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex(@"^\| `([A-Za-z.]+)` \| ([^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| `([a-z0-9]+)` \| [0-9]+ \|", RegexOptions.Multiline)]
    private static partial Regex Listener();
}
