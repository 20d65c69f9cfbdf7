using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Posthorn.Configuration;

/// <summary>A configuration that cannot be used; the message names key, value and what is allowed.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);

/// <summary>
/// Reads the file (JSON with comments), lets environment variables override it (<c>POSTHORN_LIMITS__MAXRECIPIENTS</c>), and checks every key and value
/// before anything starts.
/// </summary>
internal static class ConfigurationFile
{
    public const string DefaultName = "posthorn.json";
    public const string EnvironmentPrefix = "POSTHORN_";

    public static PosthornOptions Read(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            // First, as it also tells a file that is not there from one that may not be seen.
            HashSet<string> nulls = NullPaths(full);
            IConfigurationRoot root = new ConfigurationBuilder().AddJsonFile(full, optional: false, reloadOnChange: false).AddEnvironmentVariables(EnvironmentPrefix).Build();
            return FromRoot(root, nulls, Path.GetDirectoryName(full)!);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException($"There is no configuration file {full}. Name one with --config, or make one with: posthorn quickstart you@your-domain");
        }
        catch (Exception failure) when (failure is InvalidDataException or JsonException)
        {
            throw new ConfigurationException($"{full} is not JSON: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{full} cannot be read: {failure.Message} Run as the user who owns it.");
        }
    }

    private static PosthornOptions FromRoot(IConfigurationRoot root, IReadOnlySet<string> nulls, string baseFolder)
    {
        CheckKeys(root, typeof(PosthornOptions), nulls, "");
        PosthornOptions options = root.Get<PosthornOptions>() ?? new PosthornOptions();
        OptionsCheck.Run(options);
        return options with
        {
            DataFolder = Path.GetFullPath(options.DataFolder, baseFolder),
            Tls = new TlsOptions { Certificate = Resolve(options.Tls.Certificate, baseFolder), Key = Resolve(options.Tls.Key, baseFolder), ClientAuthority = Resolve(options.Tls.ClientAuthority, baseFolder) },
            Dns = options.Dns with { ZoneFile = Resolve(options.Dns.ZoneFile, baseFolder) },
            Outbound = options.Outbound with
            {
                SmarthostPasswordFile = Resolve(options.Outbound.SmarthostPasswordFile, baseFolder),
                Authority = Resolve(options.Outbound.Authority, baseFolder),
            },
        };
    }

    private static string Resolve(string path, string baseFolder) => path.Length == 0 ? "" : Path.GetFullPath(path, baseFolder);

    /// <summary>Where the file says null: the configuration system has the same for null and for <c>{}</c>, which is nothing wrong.</summary>
    private static HashSet<string> NullPaths(string file)
    {
        // As the configuration system reads it.
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return NullPaths(document.RootElement, "").ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> NullPaths(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Null => [path],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => NullPaths(member.Value, Below(path, member.Name))),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((item, index) => NullPaths(item, Below(path, index.ToString(CultureInfo.InvariantCulture)))),
        _ => [],
    };

    private static string Below(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);

    private static void CheckKeys(IConfiguration section, Type type, IReadOnlySet<string> nulls, string prefix)
    {
        PropertyInfo[] properties = [.. type.GetProperties().Where(property => property.CanWrite)];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            string path = prefix.Length == 0 ? child.Key : $"{prefix}.{child.Key}";
            PropertyInfo property = properties.FirstOrDefault(known => known.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))
                ?? throw new ConfigurationException($"Unknown key \"{path}\". Known here: {string.Join(", ", properties.Select(known => KeyOf(known.Name)))}.");
            RequireGiven(child, nulls, path);
            Type kind = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (kind == typeof(string) || kind.IsPrimitive)
            {
                CheckValue(child, kind, path);
            }
            else if (typeof(IEnumerable).IsAssignableFrom(kind))
            {
                RequireNone(child, path, "a list in brackets, such as [\"a\", \"b\"]");
                foreach (IConfigurationSection item in child.GetChildren())
                {
                    RequireGiven(item, nulls, path);
                }
            }
            else
            {
                RequireNone(child, path, $"an object with keys of these: {string.Join(", ", kind.GetProperties().Where(known => known.CanWrite).Select(known => KeyOf(known.Name)))}");
                CheckKeys(child, kind, nulls, path);
            }
        }
    }

    /// <summary>A null would take the place of the default, and of what nobody expects to be missing. The environment may give what the file does not.</summary>
    private static void RequireGiven(IConfigurationSection section, IReadOnlySet<string> nulls, string path)
    {
        if (section.Value is null && nulls.Contains(section.Path) && !section.GetChildren().Any())
        {
            throw new ConfigurationException($"\"{path}\" is null; leave it out, or give it a value.");
        }
    }

    /// <summary>A single value where several are wanted would be passed over without a word.</summary>
    private static void RequireNone(IConfigurationSection section, string path, string allowed)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            throw new ConfigurationException($"\"{path}\" is \"{section.Value}\"; it must be {allowed}.");
        }
    }

    private static void CheckValue(IConfigurationSection section, Type kind, string path)
    {
        if (section.Value is null || section.GetChildren().Any())
        {
            throw new ConfigurationException($"\"{path}\" is an object or a list; it must be one value.");
        }

        string value = section.Value;
        bool isRight = kind == typeof(string)
            || (kind == typeof(int) && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            || (kind == typeof(long) && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            || (kind == typeof(bool) && bool.TryParse(value, out _));
        if (!isRight)
        {
            throw new ConfigurationException($"\"{path}\" is \"{value}\"; it must be {(kind == typeof(bool) ? "true or false" : "a whole number")}.");
        }
    }

    private static string KeyOf(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
