using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Bodies.S3;

/// <summary>
/// Whose bodies a bucket keeps under a prefix, as it stands there in the object <c>posthorn-store</c>. Two stores in one place would take each other's bodies for their own
/// that nothing refers to, and sweep them away.
/// </summary>
/// <param name="Epoch">Of the store.</param>
/// <param name="CopyOf">What the store is being made from, until it is opened: the making may begin again, and then has another epoch. Null: it is a store.</param>
internal sealed record BucketOwner(string Epoch, string? CopyOf)
{
    public const string ObjectName = "posthorn-store";

    /// <summary>Puts the name of this store where there is none.</summary>
    /// <exception cref="StoreOpeningException">Another store's is there.</exception>
    public async Task ClaimAsync(AmazonS3Client client, S3Options options)
    {
        string key = options.Prefix + ObjectName;
        string[] there = await ReadAsync(client, options, key);
        bool isOurs = there.ElementAtOrDefault(0) is not { Length: > 0 } epoch || epoch == Epoch || (CopyOf is not null && there.ElementAtOrDefault(1) == CopyOf);
        if (!isOurs)
        {
            throw new StoreOpeningException(
                $"The {options} keeps the bodies of another store under the prefix \"{options.Prefix}\". Give this store a bucket or a prefix of its own (bodies.bucket, bodies.prefix). "
                + $"Only if that store is gone for good, delete the object {key}: then this store takes the place over, and what its messages do not name is taken away there after a day.");
        }

        string text = CopyOf is null ? $"{Epoch}\n" : $"{Epoch}\n{CopyOf}\n";
        if (!text.Split('\n').SequenceEqual(there))
        {
            using var octets = new MemoryStream(Encoding.UTF8.GetBytes(text));
            await client.PutObjectAsync(new PutObjectRequest { BucketName = options.Bucket, Key = key, InputStream = octets, UseChunkEncoding = false });
        }
    }

    private static async Task<string[]> ReadAsync(AmazonS3Client client, S3Options options, string key)
    {
        try
        {
            using GetObjectResponse answer = await client.GetObjectAsync(new GetObjectRequest { BucketName = options.Bucket, Key = key });
            using var text = new StreamReader(answer.ResponseStream);
            return (await text.ReadToEndAsync()).Split('\n');
        }
        catch (AmazonS3Exception failure) when (S3Fault.IsMissing(failure))
        {
            return [];
        }
    }
}
