using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Posthorn.Web.Pages;

/// <summary>Style sheet, scripts and pictures of the pages. Their addresses change with their content, so that a browser may keep them for ever.</summary>
/// <remarks>The style sheet is one file, put together from one for each area. A script is served as it is, named by its file; that of Mail is put together likewise.</remarks>
internal static class SiteFiles
{
    private const string AYear = "public, max-age=31536000, immutable";

    private const string Folder = "assets/";

    private static readonly Asset Style = new("site.css", "text/css; charset=utf-8", Join("site.css", "mail.css", "account.css", "help.css", "admin.css", "settings.css", "replies.css"));

    // Mail's script is one file too, put together from one for each idea; the last one starts the others.
    private static readonly string[] OfMail = ["wire.js", "notice.js", "list.js", "reading.js", "turning.js", "folders.js", "live.js", "search.js", "editor.js", "compose.js", "keys.js", "start.js"];

    private static readonly FrozenDictionary<string, Asset> Files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(static name => name.StartsWith(Folder, StringComparison.Ordinal) && !name.EndsWith(".css", StringComparison.Ordinal) && !OfMail.Contains(name[Folder.Length..]))
        .Select(static name => new Asset(name[Folder.Length..], TypeOf(name), Read(name)))
        .Append(new Asset("mail.js", "text/javascript; charset=utf-8", [.. "(() => {\n'use strict';\n"u8, .. Join(OfMail), .. "})();\n"u8]))
        .ToFrozenDictionary(static asset => asset.Name);

    public static string StyleSheet => Style.Address;

    /// <summary>Address of a script or a picture.</summary>
    /// <param name="file">As it is called in the source, without its folder, such as mail.js.</param>
    public static string Address(string file) => Files[file].Address;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (Asset asset in Files.Values.Append(Style))
        {
            routes.MapGet(asset.Address, (HttpContext http) =>
            {
                (http.Response.Headers.CacheControl, http.Response.Headers.Vary) = (AYear, "Accept-Encoding");
                if (!http.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.OrdinalIgnoreCase))
                {
                    return Results.Bytes(asset.Octets, asset.Type);
                }

                http.Response.Headers.ContentEncoding = "br";
                return Results.Bytes(asset.Compressed, asset.Type);
            });
        }
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        string other => throw new InvalidOperationException($"No type is known for {other}."),
    };

    private static byte[] Join(params ReadOnlySpan<string> files)
    {
        using var all = new MemoryStream();
        foreach (string file in files)
        {
            all.Write(Read(Folder + file));
        }

        return all.ToArray();
    }

    private static byte[] Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is missing in the build.");
        var octets = new byte[stream.Length];
        stream.ReadExactly(octets);
        return octets;
    }

    private static byte[] Compress(byte[] octets)
    {
        using var all = new MemoryStream();
        using (var brotli = new BrotliStream(all, CompressionLevel.SmallestSize))
        {
            brotli.Write(octets);
        }

        return all.ToArray();
    }

    private sealed record Asset(string Name, string Type, byte[] Octets)
    {
        private readonly Lazy<byte[]> _compressed = new(() => Compress(Octets));

        /// <summary>Made when first asked for: as small as it gets takes a quarter of a start.</summary>
        public byte[] Compressed => _compressed.Value;

        public string Address { get; } =
            $"/{Path.GetFileNameWithoutExtension(Name)}.{Convert.ToHexStringLower(SHA256.HashData(Octets))[..12]}{Path.GetExtension(Name)}";
    }
}
