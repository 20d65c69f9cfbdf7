using System.Collections;
using System.Globalization;
using System.Reflection;

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
        if (!File.Exists(full))
        {
            throw new ConfigurationException($"There is no configuration file {full}. Name one with --config, or make one with: posthorn quickstart you@your-domain");
        }

        try
        {
            IConfigurationRoot root = new ConfigurationBuilder().AddJsonFile(full, optional: false, reloadOnChange: false).AddEnvironmentVariables(EnvironmentPrefix).Build();
            return FromRoot(root, Path.GetDirectoryName(full)!);
        }
        catch (InvalidDataException failure)
        {
            throw new ConfigurationException($"{full} is not JSON: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{full} cannot be read: {failure.Message} Run as the user who owns it.");
        }
    }

    internal static PosthornOptions FromRoot(IConfigurationRoot root, string baseFolder)
    {
        CheckKeys(root, typeof(PosthornOptions), "");
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

    private static void CheckKeys(IConfiguration section, Type type, string prefix)
    {
        PropertyInfo[] properties = [.. type.GetProperties().Where(property => property.CanWrite)];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            string path = prefix.Length == 0 ? child.Key : $"{prefix}.{child.Key}";
            PropertyInfo property = properties.FirstOrDefault(known => known.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))
                ?? throw new ConfigurationException($"Unknown key \"{path}\". Known here: {string.Join(", ", properties.Select(known => KeyOf(known.Name)))}.");
            Type kind = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (kind == typeof(string) || kind.IsPrimitive)
            {
                CheckValue(child, kind, path);
            }
            else if (typeof(IEnumerable).IsAssignableFrom(kind))
            {
                RequireNone(child, path, "a list in brackets, such as [\"a\", \"b\"]");
            }
            else
            {
                RequireNone(child, path, $"an object with keys of these: {string.Join(", ", kind.GetProperties().Where(known => known.CanWrite).Select(known => KeyOf(known.Name)))}");
                CheckKeys(child, kind, path);
            }
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
        if (section.GetChildren().Any())
        {
            throw new ConfigurationException($"\"{path}\" is an object or a list; it must be one value.");
        }

        string value = section.Value ?? "";
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
